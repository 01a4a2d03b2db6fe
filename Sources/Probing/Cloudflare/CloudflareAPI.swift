internal import HTTPClient
internal import Model
internal import Secrets

/// Asks Cloudflare's API (version 4), read only.
struct CloudflareAPI: Sendable {
  private let client: HTTPClient
  private let base: String
  private let owner: String
  private let tokenFile: String
  private let caFile: String?
  private static let answerLimit = 8 << 20
  static let pageSize = 50
  static let pageLimit = 20

  init(_ settings: CloudflareSettings, client: HTTPClient) {
    self.client = client
    base = settings.url.hasSuffix("/") ? String(settings.url.dropLast()) : settings.url
    owner = settings.account.map { "accounts/\($0)" } ?? "user"
    tokenFile = settings.tokenFile
    caFile = settings.caFile
  }

  /// The first line of the token's file.
  func token() throws(CloudflareFailure) -> String {
    guard let line = try? SecretSource.file(tokenFile).readFirstLine() else {
      throw CloudflareFailure(reason: .configuration, detail: "the token file \(tokenFile) cannot be read")
    }
    guard !line.isEmpty, line.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
      throw CloudflareFailure(reason: .configuration, detail: "the first line of \(tokenFile) is no token")
    }
    return line
  }

  func poolsPath(page: Int) -> String {
    "/\(owner)/load_balancers/pools?page=\(page)&per_page=\(Self.pageSize)"
  }
  func healthPath(_ pool: String) -> String { "/\(owner)/load_balancers/pools/\(pool)/health" }
  func balancerPath(_ balancer: CloudflareSettings.LoadBalancer) -> String {
    "/zones/\(balancer.zone)/load_balancers/\(balancer.id)"
  }

  func get(
    _ path: String, token: String, timeout: Duration,
    _ completion: @escaping @Sendable (Result<CloudflareAnswer, CloudflareFailure>) -> Void
  ) {
    var request = HTTPRequest(url: base + path)
    request.headers = [HTTPHeader("Authorization", "Bearer \(token)", isSecret: true)]
    request.timeout = timeout
    request.caFile = caFile
    request.bodyLimit = Self.answerLimit
    request.acceptCompressed = true
    client.start(request) { result in
      completion(Result { () throws(CloudflareFailure) in try CloudflareAnswer(result, path: path) })
    }
  }
}
