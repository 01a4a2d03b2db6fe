/// Which bucket a place is, whoever asks and in whatever way it is written: equal where two places are the same one.
///
/// It knows what the configuration says: two names that resolve to one server are two spots, and two ports of one
/// server, too.
package struct StoreSpot: Hashable, Sendable {
  private let server: String
  private let bucket: String

  package init(_ place: StorePlace) {
    switch place {
    case .s3(let place):
      let partition = place.region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
      let server = Self.server(place.endpoint, or: "https://s3.\(partition)")
      // A name is one bucket in all of a partition's regions.
      let amazon = [".amazonaws.com.cn", ".amazonaws.com"].first {
        server.hasSuffix($0) || server.hasSuffix($0 + ":443") || server.hasSuffix($0 + ":80")
      }
      self.server = "s3 " + (amazon ?? server)
      bucket = place.bucket
    case .azureBlob(let place):
      server = "azure " + Self.server(place.endpoint, or: "https://\(place.account).blob.core.windows.net")
      bucket = place.container
    case .gcs(let place):
      server = "gcs " + Self.server(place.endpoint, or: "https://storage.googleapis.com")
      bucket = place.bucket
    case .sftp(let place):
      server = "sftp " + Self.loopback(place.host.lowercased()) + ":\(place.port)"
      bucket = place.path
    }
  }

  /// Host and port of an endpoint; the scheme says nothing beyond its port.
  private static func server(_ endpoint: String?, or standard: String) -> String {
    let text = (endpoint ?? standard).lowercased()
    let isPlain = text.hasPrefix("http://")
    var host = text.dropFirst(isPlain ? "http://".count : "https://".count)
    if host.hasSuffix("/") { host.removeLast() }
    var port = isPlain ? "80" : "443"
    if let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") {
      port = String(host[host.index(after: colon)...])
      host = host[..<colon]
    }
    if host.hasSuffix(".") { host.removeLast() }
    return loopback(String(host)) + ":" + port
  }

  private static func loopback(_ host: String) -> String {
    ["localhost", "[::1]", "::1"].contains(host) ? "127.0.0.1" : host
  }
}
