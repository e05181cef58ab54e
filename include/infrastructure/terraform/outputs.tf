output "table_name" {
  description = "Name of the contact table."
  value       = aws_cloudformation_stack.table.outputs["TableName"]
}

output "topic_arn" {
  description = "ARN of the topic for alerts and alarms."
  value       = aws_cloudformation_stack.monitoring.outputs["TopicArn"]
}

output "policy_arn" {
  description = "ARN of the policy for the environment's execution role."
  value       = aws_cloudformation_stack.policy.outputs["PolicyArn"]
}

output "variable" {
  description = "Value of the Airflow Variable audio_leakage, as JSON: for a secret, or for Airflow."
  value = jsonencode({
    for key, value in {
      connect_instance_id = var.connect_instance_id
      contact_table       = local.table_name
      flow_log_group      = var.flow_log_group
      alert_topic_arn     = aws_cloudformation_stack.monitoring.outputs["TopicArn"]
      evidence_bucket     = var.evidence_bucket
      evidence_key_arn    = join("", [for stack in aws_cloudformation_stack.evidence : stack.outputs["KeyArn"]])
    } : key => value if value != ""
  })
}
