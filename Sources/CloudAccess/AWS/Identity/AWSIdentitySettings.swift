/// Where an access key comes from.
package enum AWSCredentialsSource: Hashable, Sendable {
  /// The first of environment, web identity and container that the environment names, else the instance's role.
  case automatic
  /// A shared credentials file, read anew every minute: rotated keys are taken up.
  case file(path: String, profile: String)
  /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`.
  case environment
  /// The role of a task (ECS) or pod (EKS Pod Identity): `AWS_CONTAINER_CREDENTIALS_…_URI`.
  case container
  /// The role of the EC2 instance, by version 2 of its metadata service.
  case instance
  /// The role that a token in a file stands for (IAM roles for service accounts); nil: `AWS_WEB_IDENTITY_TOKEN_FILE`
  /// and `AWS_ROLE_ARN`.
  case webIdentity(tokenFile: String?, role: String?)
}

/// A role that is taken on with the access key.
package struct AWSAssumedRole: Hashable, Sendable {
  package var arn: String
  package var externalID: String?
  package var sessionName = "farwatch"

  package init(arn: String, externalID: String? = nil) {
    self.arn = arn
    self.externalID = externalID
  }
}

/// As whom AWS is asked. Equal settings share one ``AWSIdentity``.
package struct AWSIdentitySettings: Hashable, Sendable {
  package var source: AWSCredentialsSource
  package var role: AWSAssumedRole?
  /// Whose token service is asked for roles.
  package var region: String
  /// Template of an endpoint in place of AWS' own, as of ``AWSEndpoint/url(service:region:template:)``.
  package var endpoint: String?
  package var caFile: String?

  package init(
    source: AWSCredentialsSource = .automatic, role: AWSAssumedRole? = nil, region: String = "us-east-1",
    endpoint: String? = nil
  ) {
    self.source = source
    self.role = role
    self.region = region
    self.endpoint = endpoint
  }
}
