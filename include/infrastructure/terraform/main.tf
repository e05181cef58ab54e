# The resources are those of the CloudFormation templates beside this folder, which make deploy takes, too.

locals {
  templates  = "${path.module}/.."
  table_name = "${var.name}-contacts"
  subscribes = var.flow_log_group != ""
  zip_hash   = local.subscribes ? substr(filesha256(var.subscriber_zip), 0, 16) : ""
}

resource "aws_cloudformation_stack" "table" {
  name          = "${var.name}-table"
  template_body = file("${local.templates}/table.yaml")
  tags          = var.tags

  parameters = {
    for key, value in {
      TableName = local.table_name
      KmsKeyArn = var.kms_key_arn
    } : key => value if value != ""
  }
}

resource "aws_cloudformation_stack" "monitoring" {
  name          = "${var.name}-monitoring"
  template_body = file("${local.templates}/monitoring.yaml")
  tags          = var.tags

  parameters = {
    for key, value in {
      ContactTableName  = local.table_name
      TopicName         = "${var.name}-alerts"
      EmailAddress      = var.email
      ConnectInstanceId = var.connect_instance_id
      FlowLogGroupName  = var.flow_log_group
    } : key => value if value != ""
  }
}

resource "aws_cloudformation_stack" "policy" {
  name          = "${var.name}-policy"
  template_body = file("${local.templates}/execution_policy.yaml")
  capabilities  = ["CAPABILITY_IAM"]
  tags          = var.tags

  parameters = {
    for key, value in {
      ExecutionRoleName   = var.execution_role_name
      ConnectInstanceId   = var.connect_instance_id
      ContactTableName    = local.table_name
      TableKmsKeyArn      = var.kms_key_arn
      RecordingBucketName = var.recording_bucket
      RecordingPrefix     = var.recording_prefix
      FlowLogGroupName    = var.flow_log_group
      AlertTopicArn       = aws_cloudformation_stack.monitoring.outputs["TopicArn"]
      TopicKmsKeyArn      = aws_cloudformation_stack.monitoring.outputs["TopicKmsKeyArn"]
      IamPath             = var.iam_path
    } : key => value if value != ""
  }
}

resource "aws_cloudformation_stack" "evidence" {
  count = var.evidence_bucket == "" ? 0 : 1

  name          = "${var.name}-evidence"
  template_body = file("${local.templates}/evidence.yaml")
  capabilities  = ["CAPABILITY_IAM"]
  tags          = var.tags

  parameters = {
    for key, value in {
      BucketName          = var.evidence_bucket
      LockMode            = var.evidence_lock_mode
      LockYears           = var.evidence_lock_years
      ExecutionRoleName   = var.execution_role_name
      ConnectInstanceId   = var.connect_instance_id
      ContactTableName    = local.table_name
      RecordingBucketName = var.recording_bucket
      RecordingKmsKeyArn  = var.recording_key_arn
      FlowLogGroupName    = var.flow_log_group
      IamPath             = var.iam_path
    } : key => value if value != ""
  }
}

# A key that changes with the code: CloudFormation updates the function only with the key.
resource "aws_s3_object" "subscriber" {
  count = local.subscribes ? 1 : 0

  bucket = var.code_bucket
  key    = "audio-leakage/subscriber-${local.zip_hash}.zip"
  source = var.subscriber_zip
}

resource "aws_cloudformation_stack" "subscriber" {
  count = local.subscribes ? 1 : 0

  name          = "${var.name}-subscriber"
  template_body = file("${local.templates}/subscriber.yaml")
  capabilities  = ["CAPABILITY_IAM"]
  tags          = var.tags

  parameters = {
    for key, value in {
      ContactTableName       = aws_cloudformation_stack.table.outputs["TableName"]
      TableKmsKeyArn         = var.kms_key_arn
      FlowLogGroupName       = var.flow_log_group
      CodeBucket             = var.code_bucket
      CodeKey                = one(aws_s3_object.subscriber[*].key)
      AlarmTopicArn          = aws_cloudformation_stack.monitoring.outputs["TopicArn"]
      IamPath                = var.iam_path
      PermissionsBoundaryArn = var.permissions_boundary
    } : key => value if value != ""
  }
}
