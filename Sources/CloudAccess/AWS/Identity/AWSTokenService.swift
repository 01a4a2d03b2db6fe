internal import Model
internal import XMLDocuments

/// AWS' Security Token Service: credentials of roles.
struct AWSTokenService: Sendable {
  typealias Completion = @Sendable (Result<AWSTimedCredentials, AWSFailure>) -> Void

  private let settings: AWSIdentitySettings
  private static let timeout = Duration.seconds(10)

  init(_ settings: AWSIdentitySettings) { self.settings = settings }

  func assume(_ role: AWSAssumedRole, by requester: AWSRequester, _ completion: @escaping Completion) {
    var fields = [
      ("RoleArn", role.arn), ("RoleSessionName", role.sessionName), ("DurationSeconds", "3600"),
    ]
    if let externalID = role.externalID { fields.append(("ExternalId", externalID)) }
    send("AssumeRole", fields, by: requester) { result in
      completion(
        result.mapError { failure in
          var failure = failure
          if failure.reason == .permission {
            failure.message =
              "the role \(role.arn) may not be assumed: its trust policy must name this identity (and the external id, "
              + "if it asks for one), and this identity needs sts:AssumeRole on it (\(failure.message))"
          }
          return failure
        })
    }
  }

  /// - Parameter requester: one that does not sign: the token speaks for itself.
  func assume(
    _ role: String, token: String, sessionName: String, by requester: AWSRequester,
    _ completion: @escaping Completion
  ) {
    let fields = [
      ("RoleArn", role), ("RoleSessionName", sessionName), ("DurationSeconds", "3600"),
      ("WebIdentityToken", token),
    ]
    send("AssumeRoleWithWebIdentity", fields, by: requester) { result in
      completion(
        result.mapError { failure in
          var failure = failure
          if failure.reason == .permission || failure.reason == .authentication {
            failure.message =
              "the role \(role) does not take the token of the token file: its trust policy must name the token's "
              + "issuer and subject (\(failure.message))"
          }
          return failure
        })
    }
  }

  private func send(
    _ action: String, _ fields: [(String, String)], by requester: AWSRequester,
    _ completion: @escaping Completion
  ) {
    var call = AWSCall(
      service: "sts", region: settings.region,
      endpoint: AWSEndpoint.url(service: "sts", region: settings.region, template: settings.endpoint),
      action: action, form: .query(version: "2011-06-15", fields: fields))
    call.caFile = settings.caFile
    call.bodyLimit = 256 << 10
    requester.send(call, timeout: Self.timeout) { answer in
      completion(answer.flatMap { Self.read($0.body, action) })
    }
  }

  static func read(_ body: [UInt8], _ action: String) -> Result<AWSTimedCredentials, AWSFailure> {
    guard let root = try? XMLDocument.read(body), let found = root.at("\(action)Result", "Credentials"),
      let id = found.text("AccessKeyId"), let secret = found.text("SecretAccessKey"),
      let token = found.text("SessionToken"),
      let expires = found.text("Expiration").flatMap({ Timestamp(rfc3339: $0) })
    else { return .failure(AWSFailure(.protocolError, "\(action): the answer holds no credentials")) }
    return .success(
      AWSTimedCredentials(
        AWSCredentials(accessKeyID: id, secretAccessKey: secret, sessionToken: token), expires: expires))
  }
}
