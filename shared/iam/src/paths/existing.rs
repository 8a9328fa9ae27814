//! Existing resources that run under a role: whoever may change or enter one acts as that role,
//! without passing it. These resources are not listed, so such a path is only supposed.

use super::{Takeover, row};

/// The table.
pub const EXISTING: &[Takeover] = &[
    row(
        "lambda-function-code",
        "a Lambda function",
        &["lambda.amazonaws.com"],
        &[&["lambda:UpdateFunctionCode"], &["lambda:UpdateFunctionConfiguration"]],
    ),
    row("glue-endpoint", "a Glue endpoint", &["glue.amazonaws.com"], &[&["glue:UpdateDevEndpoint"]]),
    row(
        "stack-with-role",
        "a stack with a role",
        &["cloudformation.amazonaws.com"],
        &[&["cloudformation:UpdateStack"], &["cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"]],
    ),
    row(
        "build-project",
        "a CodeBuild project",
        &["codebuild.amazonaws.com"],
        &[&["codebuild:StartBuild"], &["codebuild:StartBuildBatch"], &["codebuild:UpdateProject", "codebuild:StartBuild"]],
    ),
    row("apprunner-service", "an App Runner service", &["tasks.apprunner.amazonaws.com"], &[&["apprunner:UpdateService"]]),
    row(
        "notebook",
        "a notebook instance",
        &["sagemaker.amazonaws.com"],
        &[
            &["sagemaker:CreatePresignedNotebookInstanceUrl"],
            &[
                "sagemaker:CreateNotebookInstanceLifecycleConfig",
                "sagemaker:StopNotebookInstance",
                "sagemaker:UpdateNotebookInstance",
                "sagemaker:StartNotebookInstance",
            ],
        ],
    ),
    row(
        "ec2-instance",
        "an EC2 instance",
        &["ec2.amazonaws.com"],
        &[
            &["ec2:ModifyInstanceAttribute", "ec2:StopInstances", "ec2:StartInstances"],
            &["ec2-instance-connect:SendSSHPublicKey"],
            &["ssm:StartSession"],
            &["ssm:SendCommand"],
        ],
    ),
    row(
        "launch-template",
        "a launch template in use",
        &["ec2.amazonaws.com"],
        &[&["ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate"]],
    ),
    row("state-machine", "a state machine", &["states.amazonaws.com"], &[&["states:UpdateStateMachine", "states:StartExecution"]]),
    row("batch-job-definition", "a Batch job definition", &["ecs-tasks.amazonaws.com"], &[&["batch:SubmitJob"]]),
    row(
        "agent-runtime",
        "an AgentCore runtime",
        &["bedrock-agentcore.amazonaws.com"],
        &[
            &["bedrock-agentcore:InvokeAgentRuntimeCommand"],
            &["bedrock-agentcore:StartBrowserSession", "bedrock-agentcore:ConnectBrowserAutomationStream"],
            &["bedrock-agentcore:StartCodeInterpreterSession", "bedrock-agentcore:InvokeCodeInterpreter"],
        ],
    ),
    row(
        "code-deploy",
        "a CodeDeploy application",
        &["codedeploy.amazonaws.com"],
        &[&["codedeploy:CreateDeployment", "codedeploy:RegisterApplicationRevision", "codedeploy:GetDeploymentConfig"]],
    ),
];
