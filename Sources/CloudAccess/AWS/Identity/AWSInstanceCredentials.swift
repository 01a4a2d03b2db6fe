internal import HTTPClient
internal import Model

/// The role of an EC2 instance, by version 2 of the metadata service: a session's token first, then role and key.
struct AWSInstanceCredentials: Sendable {
  let http: HTTPClient
  let environment: AWSEnvironment
  /// The service is on the same host.
  private static let timeout = Duration.seconds(2)

  private var service: String {
    let given = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] ?? "http://169.254.169.254"
    return given.hasSuffix("/") ? String(given.dropLast()) : given
  }

  func fetch(_ completion: @escaping AWSCredentialsSources.Completion) {
    if environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() == "true" {
      return completion(
        .failure(
          AWSFailure(
            .configuration,
            "no credentials: nothing in the environment names any, and AWS_EC2_METADATA_DISABLED forbids to ask the "
              + "instance")))
    }
    var request = HTTPRequest(url: "\(service)/latest/api/token")
    request.method = "PUT"
    request.headers = [HTTPHeader("X-aws-ec2-metadata-token-ttl-seconds", "21600")]
    send(request, "a session's token") { answer in
      switch answer {
      case .failure(let failure): completion(.failure(failure))
      case .success(let token): role(token: Self.line(token), completion)
      }
    }
  }

  private func role(token: String, _ completion: @escaping AWSCredentialsSources.Completion) {
    get("/latest/meta-data/iam/security-credentials/", token, "the name of its role") { answer in
      switch answer {
      case .failure(let failure): completion(.failure(failure))
      case .success(let body):
        let name = Self.line(body)
        get("/latest/meta-data/iam/security-credentials/\(percentEncoded(name))", token, "credentials") {
          completion($0.flatMap { AWSHandedCredentials.read($0, from: "the instance's metadata service") })
        }
      }
    }
  }

  private func get(
    _ path: String, _ token: String, _ what: String,
    _ completion: @escaping @Sendable (Result<[UInt8], AWSFailure>) -> Void
  ) {
    var request = HTTPRequest(url: service + path)
    request.headers = [HTTPHeader("X-aws-ec2-metadata-token", token, isSecret: true)]
    send(request, what, completion)
  }

  private func send(
    _ request: HTTPRequest, _ what: String,
    _ completion: @escaping @Sendable (Result<[UInt8], AWSFailure>) -> Void
  ) {
    var request = request
    request.timeout = Self.timeout
    request.bodyLimit = 64 << 10
    // A kept connection can outlive the instance's move to another host.
    request.keepAlive = false
    http.start(request) { result in
      if let failure = result.failure {
        var told = AWSFailure(failure)
        told.message =
          "no credentials from the instance's metadata service (\(failure.detail)): is this an EC2 instance? In a "
          + "container its hop limit must be 2 or more. Otherwise name a source of credentials"
        return completion(.failure(told))
      }
      switch result.status ?? 0 {
      case 200: completion(.success(result.body))
      case 404:
        completion(
          .failure(
            AWSFailure(.missing, "the instance's metadata service has no \(what): attach an instance profile")
          ))
      case let status:
        let isServers = status >= 500 || status == 429
        let problem = "the instance's metadata service answered \(status) when asked for \(what)"
        completion(
          .failure(AWSFailure(isServers ? .status : .permission, problem, isTransient: isServers)))
      }
    }
  }

  private static func line(_ body: [UInt8]) -> String {
    String(decoding: body.prefix { $0 > 0x20 && $0 < 0x7f }, as: UTF8.self)
  }
}
