//! New resources that run under a passed role: `iam:PassRole` on the role, a role that trusts the
//! service, and the calls that make the resource and run the caller's code in it.

use super::{Takeover, row};

/// The table.
pub const NEW: &[Takeover] = &[
    row(
        "new-ec2-instance",
        "an EC2 instance",
        &["ec2.amazonaws.com"],
        &[
            &["ec2:RunInstances"],
            &["ec2:RequestSpotInstances"],
            &["ec2:CreateFleet"],
            &["autoscaling:CreateLaunchConfiguration", "autoscaling:CreateAutoScalingGroup"],
            &["autoscaling:CreateLaunchConfiguration", "autoscaling:UpdateAutoScalingGroup"],
            &["ec2:AssociateIamInstanceProfile"],
            &["ec2:ReplaceIamInstanceProfileAssociation"],
        ],
    ),
    row(
        "new-lambda-function",
        "a Lambda function",
        &["lambda.amazonaws.com"],
        &[
            &["lambda:CreateFunction", "lambda:InvokeFunction"],
            &["lambda:CreateFunction", "lambda:CreateEventSourceMapping"],
            &["lambda:CreateFunction", "lambda:AddPermission"],
            &["lambda:CreateFunction", "lambda:CreateFunctionUrlConfig"],
        ],
    ),
    row(
        "new-stack",
        "a CloudFormation stack",
        &["cloudformation.amazonaws.com"],
        &[
            &["cloudformation:CreateStack"],
            &["cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"],
            &["cloudformation:CreateStackSet", "cloudformation:CreateStackInstances"],
            &["cloudformation:UpdateStackSet"],
        ],
    ),
    row(
        "new-build-project",
        "a CodeBuild project",
        &["codebuild.amazonaws.com"],
        &[&["codebuild:CreateProject", "codebuild:StartBuild"], &["codebuild:CreateProject", "codebuild:StartBuildBatch"]],
    ),
    row(
        "new-data-pipeline",
        "a data pipeline",
        &["datapipeline.amazonaws.com"],
        &[&["datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition", "datapipeline:ActivatePipeline"]],
    ),
    row(
        "new-glue-job",
        "a Glue job",
        &["glue.amazonaws.com"],
        &[
            &["glue:CreateDevEndpoint"],
            &["glue:CreateJob", "glue:StartJobRun"],
            &["glue:CreateJob", "glue:CreateTrigger"],
            &["glue:UpdateJob", "glue:StartJobRun"],
            &["glue:UpdateJob", "glue:CreateTrigger"],
            &["glue:CreateSession", "glue:RunStatement"],
        ],
    ),
    row(
        "new-sagemaker-job",
        "a SageMaker job",
        &["sagemaker.amazonaws.com"],
        &[&["sagemaker:CreateNotebookInstance"], &["sagemaker:CreateTrainingJob"], &["sagemaker:CreateProcessingJob"]],
    ),
    row("new-apprunner-service", "an App Runner service", &["tasks.apprunner.amazonaws.com"], &[&["apprunner:CreateService"]]),
    row(
        "new-agent-runtime",
        "an AgentCore runtime",
        &["bedrock-agentcore.amazonaws.com"],
        &[
            &[
                "bedrock-agentcore:CreateCodeInterpreter",
                "bedrock-agentcore:StartCodeInterpreterSession",
                "bedrock-agentcore:InvokeCodeInterpreter",
            ],
            &[
                "bedrock-agentcore:CreateAgentRuntime",
                "bedrock-agentcore:CreateAgentRuntimeEndpoint",
                "bedrock-agentcore:CreateWorkloadIdentity",
                "bedrock-agentcore:InvokeAgentRuntimeCommand",
            ],
            &[
                "bedrock-agentcore:CreateBrowser",
                "bedrock-agentcore:StartBrowserSession",
                "bedrock-agentcore:ConnectBrowserAutomationStream",
            ],
        ],
    ),
    Takeover {
        passed_as: &["batch.amazonaws.com"],
        ..row("new-batch-job", "a Batch job", &["ecs-tasks.amazonaws.com"], &[&["batch:RegisterJobDefinition", "batch:SubmitJob"]])
    },
    row("new-braket-job", "a Braket job", &["braket.amazonaws.com"], &[&["braket:CreateJob"]]),
    row("new-identity-pool-roles", "an identity pool", &["cognito-identity.amazonaws.com"], &[&["cognito-identity:SetIdentityPoolRoles"]]),
    row("new-emr-cluster", "an EMR cluster", &["elasticmapreduce.amazonaws.com", "ec2.amazonaws.com"], &[&["elasticmapreduce:RunJobFlow"]]),
    row(
        "new-emr-serverless-job",
        "an EMR Serverless job",
        &["emr-serverless.amazonaws.com"],
        &[&["emr-serverless:CreateApplication", "emr-serverless:StartJobRun"]],
    ),
    row(
        "new-gamelift-fleet",
        "a GameLift fleet",
        &["gamelift.amazonaws.com"],
        &[&["gamelift:CreateBuild", "gamelift:CreateFleet", "gamelift:RequestUploadCredentials"]],
    ),
    row(
        "new-image-build",
        "an Image Builder build",
        &["imagebuilder.amazonaws.com", "ec2.amazonaws.com"],
        &[&[
            "imagebuilder:CreateComponent",
            "imagebuilder:CreateImageRecipe",
            "imagebuilder:CreateInfrastructureConfiguration",
            "imagebuilder:CreateImage",
        ]],
    ),
    row(
        "new-analytics-application",
        "an analytics application",
        &["kinesisanalytics.amazonaws.com"],
        &[&["kinesisanalytics:CreateApplication", "kinesisanalytics:StartApplication"]],
    ),
    row("new-omics-run", "a HealthOmics run", &["omics.amazonaws.com"], &[&["omics:CreateWorkflow", "omics:StartRun"]]),
    row("new-schedule", "a schedule", &["scheduler.amazonaws.com"], &[&["scheduler:CreateSchedule"], &["scheduler:UpdateSchedule"]]),
    row("new-event-rule", "an EventBridge rule", &["events.amazonaws.com"], &[&["events:PutRule", "events:PutTargets"]]),
    row("new-automation", "an automation document", &["ssm.amazonaws.com"], &[&["ssm:CreateDocument", "ssm:StartAutomationExecution"]]),
    row("new-state-machine", "a state machine", &["states.amazonaws.com"], &[&["states:CreateStateMachine", "states:StartExecution"]]),
    // The service is gone; old policies still name it.
    row("new-codestar-project", "a CodeStar project", &["codestar.amazonaws.com"], &[&["codestar:CreateProject"]]),
    Takeover {
        name: "roles-anywhere",
        what: "a trust anchor",
        services: &["rolesanywhere.amazonaws.com"],
        passed_as: &[],
        ways: &[&["rolesanywhere:CreateTrustAnchor", "rolesanywhere:CreateProfile"]],
        unproven: true,
    },
];
