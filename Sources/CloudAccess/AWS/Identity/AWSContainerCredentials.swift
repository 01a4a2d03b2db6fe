internal import Dispatch
internal import HTTPClient
internal import Model

/// The role of an ECS task or EKS pod, from the service that its environment names.
struct AWSContainerCredentials: Sendable {
  let http: HTTPClient
  let environment: AWSEnvironment
  private static let timeout = Duration.seconds(5)
  private static let reading = DispatchQueue(label: "farwatch.aws.token")

  func fetch(_ completion: @escaping AWSCredentialsSources.Completion) {
    let url: String
    switch address {
    case .failure(let failure): return completion(.failure(failure))
    case .success(let found): url = found
    }
    guard let path = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] else {
      return send(url, environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"], completion)
    }
    // Its content changes while this program runs.
    Self.reading.async {
      switch SecretFile.read(path, "the authorization token file") {
      case .failure(let failure): completion(.failure(failure))
      case .success(let text): send(url, text.filter { !$0.isWhitespace }, completion)
      }
    }
  }

  /// The token that goes along is a secret: it is sent by TLS or inside this host only.
  private var address: Result<String, AWSFailure> {
    if let path = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] {
      return .success("http://169.254.170.2\(path.hasPrefix("/") ? "" : "/")\(path)")
    }
    guard let text = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] else {
      return .failure(
        AWSFailure(
          .configuration,
          "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI are not set: does the task "
            + "or the pod have a role?"))
    }
    guard let url = HTTPURL(text) else {
      return .failure(AWSFailure(.configuration, "AWS_CONTAINER_CREDENTIALS_FULL_URI is no URL"))
    }
    let here: Set<String> = ["localhost", "::1", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"]
    guard url.scheme == "https" || here.contains(url.host) || Self.isLoopback(url.host) else {
      return .failure(
        AWSFailure(
          .configuration,
          "AWS_CONTAINER_CREDENTIALS_FULL_URI leads to \(url.host) without TLS: credentials are asked by https, or on "
            + "the host itself"))
    }
    return .success(text)
  }

  private static func isLoopback(_ host: String) -> Bool {
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }

  private func send(
    _ url: String, _ token: String?, _ completion: @escaping AWSCredentialsSources.Completion
  ) {
    var request = HTTPRequest(url: url)
    request.timeout = Self.timeout
    request.bodyLimit = 64 << 10
    if let token { request.headers = [HTTPHeader("Authorization", token, isSecret: true)] }
    http.start(request) { result in
      if let failure = result.failure {
        var told = AWSFailure(failure)
        told.message = "no credentials from the container's credentials service (\(failure.detail))"
        return completion(.failure(told))
      }
      guard let status = result.status, status == 200 else {
        let said = AWSErrorAnswer.read(result.body, header: nil)
        let isServers = (result.status ?? 0) >= 500 || result.status == 429
        return completion(
          .failure(
            AWSFailure(
              isServers ? .status : .permission, code: said.code,
              "the container's credentials service answered \(result.status ?? 0): does the task or the pod have a "
                + "role?", isTransient: isServers)))
      }
      completion(AWSHandedCredentials.read(result.body, from: "the container's credentials service"))
    }
  }
}
