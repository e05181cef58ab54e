variable "name" {
  type        = string
  default     = "audio-leakage"
  description = "Prefix of the names of all stacks. A further instance emea has audio-leakage-emea."
}

variable "connect_instance_id" {
  type        = string
  description = "UUID of the Amazon Connect instance."
}

variable "execution_role_name" {
  type        = string
  default     = ""
  description = "Name of the environment's execution role, without path. Empty attaches the policy to no role: take the output policy_arn."
}

variable "recording_bucket" {
  type        = string
  description = "Bucket of the call recordings."
}

variable "recording_prefix" {
  type        = string
  default     = ""
  description = "Prefix of the recordings, without a slash at either end. It narrows the permission to list."
}

variable "recording_key_arn" {
  type        = string
  default     = ""
  description = "KMS key of the call recordings. With evidence, the daily DAG looks at its state."
}

variable "flow_log_group" {
  type        = string
  default     = ""
  description = "Log group of the flow logs. If you name it, the subscription is created, too."
}

variable "subscriber_zip" {
  type        = string
  default     = ""
  description = "Path of build/lambda/subscriber.zip, which make package builds. The subscription needs it."
}

variable "code_bucket" {
  type        = string
  default     = ""
  description = "Bucket for the subscription's zip, such as the environment's. The subscription needs it."
}

variable "email" {
  type        = string
  default     = ""
  description = "Address that receives alerts and alarms."
}

variable "kms_key_arn" {
  type        = string
  default     = ""
  description = "Your own KMS key for the table."
}

variable "evidence_bucket" {
  type        = string
  default     = ""
  description = "Name of a new bucket for evidence of each day."
}

variable "evidence_lock_mode" {
  type        = string
  default     = ""
  description = "GOVERNANCE, or COMPLIANCE, which lets nobody shorten the lock."
}

variable "evidence_lock_years" {
  type        = string
  default     = ""
  description = "How long evidence is locked."
}

variable "iam_path" {
  type        = string
  default     = "/"
  description = "Path of the policies and of the Lambda's role, with a slash at both ends."
}

variable "permissions_boundary" {
  type        = string
  default     = ""
  description = "ARN of the permissions boundary of the Lambda's role."
}

variable "tags" {
  type        = map(string)
  default     = {}
  description = "Tags of the stacks. CloudFormation passes them on to their resources."
}
