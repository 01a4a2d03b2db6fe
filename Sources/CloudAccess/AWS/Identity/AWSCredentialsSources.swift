internal import Dispatch
internal import FoundationEssentials
internal import HTTPClient
internal import Model

/// Fetches access keys from where they are: files and variables, the services inside instances and containers.
struct AWSCredentialsSources: Sendable {
  typealias Completion = @Sendable (Result<AWSTimedCredentials, AWSFailure>) -> Void

  let http: HTTPClient
  let time: any TimeSource
  let environment: AWSEnvironment
  /// Files are read here: a dead mount stops nobody else.
  private let files = DispatchQueue(label: "farwatch.aws.credentials")

  init(http: HTTPClient, time: any TimeSource, environment: AWSEnvironment) {
    self.http = http
    self.time = time
    self.environment = environment
  }

  func fetch(_ settings: AWSIdentitySettings, _ completion: @escaping Completion) {
    switch settings.source {
    case .automatic:
      var chosen = settings
      chosen.source = automatic
      fetch(chosen, completion)
    case .file(let path, let profile):
      files.async { completion(Self.read(path, profile)) }
    case .environment: completion(fromEnvironment())
    case .container: AWSContainerCredentials(http: http, environment: environment).fetch(completion)
    case .instance: AWSInstanceCredentials(http: http, environment: environment).fetch(completion)
    case .webIdentity(let tokenFile, let role):
      files.async { webIdentity(settings, tokenFile, role, completion) }
    }
  }

  private var automatic: AWSCredentialsSource {
    if environment["AWS_ACCESS_KEY_ID"] != nil { return .environment }
    if environment["AWS_WEB_IDENTITY_TOKEN_FILE"] != nil, environment["AWS_ROLE_ARN"] != nil {
      return .webIdentity(tokenFile: nil, role: nil)
    }
    let isContainer =
      environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] != nil
      || environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] != nil
    return isContainer ? .container : .instance
  }

  private static func read(_ path: String, _ profile: String) -> Result<AWSTimedCredentials, AWSFailure> {
    SecretFile.read(path, "the credentials file").flatMap { text in
      do throws(AWSCredentialsFile.Failure) {
        return .success(AWSTimedCredentials(try AWSCredentialsFile.read(text, profile: profile)))
      } catch {
        return .failure(AWSFailure(.configuration, "the credentials file \(path): \(error)"))
      }
    }
  }

  private func fromEnvironment() -> Result<AWSTimedCredentials, AWSFailure> {
    guard let id = environment["AWS_ACCESS_KEY_ID"], let secret = environment["AWS_SECRET_ACCESS_KEY"] else {
      return .failure(
        AWSFailure(
          .configuration, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must both be set in the environment"))
    }
    return .success(
      AWSTimedCredentials(
        AWSCredentials(
          accessKeyID: id, secretAccessKey: secret, sessionToken: environment["AWS_SESSION_TOKEN"])))
  }

  private func webIdentity(
    _ settings: AWSIdentitySettings, _ tokenFile: String?, _ role: String?, _ completion: @escaping Completion
  ) {
    guard let path = tokenFile ?? environment["AWS_WEB_IDENTITY_TOKEN_FILE"],
      let role = role ?? environment["AWS_ROLE_ARN"]
    else {
      return completion(
        .failure(
          AWSFailure(
            .configuration,
            "a web identity needs AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN in the environment: does the pod's "
              + "service account carry the role's annotation?")))
    }
    switch SecretFile.read(path, "the token file") {
    case .failure(let failure): completion(.failure(failure))
    case .success(let text):
      AWSTokenService(settings).assume(
        role, token: text.filter { !$0.isWhitespace },
        sessionName: environment["AWS_ROLE_SESSION_NAME"] ?? "farwatch",
        by: AWSRequester(http: http, identity: nil, time: time), completion)
    }
  }
}

/// The JSON in which the services of instances and containers hand out credentials.
struct AWSHandedCredentials: Decodable {
  /// `Success`; absent in containers.
  var code: String?
  var accessKeyID: String?
  var secretAccessKey: String?
  var token: String?
  var expiration: String?

  private enum CodingKeys: String, CodingKey {
    case code = "Code"
    case accessKeyID = "AccessKeyId"
    case secretAccessKey = "SecretAccessKey"
    case token = "Token"
    case expiration = "Expiration"
  }

  static func read(_ body: [UInt8], from source: String) -> Result<AWSTimedCredentials, AWSFailure> {
    guard let found = try? JSONDecoder().decode(Self.self, from: Data(body)) else {
      return .failure(AWSFailure(.protocolError, "\(source) answered something else than credentials"))
    }
    if let code = found.code, code != "Success" {
      return .failure(AWSFailure(.authentication, code: code, "\(source) gives no credentials"))
    }
    guard let id = found.accessKeyID, let secret = found.secretAccessKey, !id.isEmpty, !secret.isEmpty else {
      return .failure(AWSFailure(.protocolError, "\(source) answered without an access key"))
    }
    var expires: Timestamp?
    if let text = found.expiration {
      guard let moment = Timestamp(rfc3339: text) else {
        return .failure(AWSFailure(.protocolError, "\(source) answered an end that is no time"))
      }
      expires = moment
    }
    return .success(
      AWSTimedCredentials(
        AWSCredentials(accessKeyID: id, secretAccessKey: secret, sessionToken: found.token), expires: expires)
    )
  }
}
