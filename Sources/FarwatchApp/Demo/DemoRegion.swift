internal import Foundation
internal import HTTPServer
internal import Model
internal import Synchronization

/// A region small enough for one process: until it is broken it answers health checks on loopback, says how many requests
/// it serves, and lists the objects of a bucket.
final class DemoRegion: Sendable {
  let name: String
  let port: UInt16
  private let bucket: DemoBucket
  private let server: Mutex<HTTPServer?>

  init(_ name: String, _ bucket: DemoBucket) throws(HTTPServerError) {
    self.name = name
    self.bucket = bucket
    let started = try Self.serve(name, bucket, port: 0)
    port = started.port
    server = Mutex(started)
  }

  var address: String { "http://127.0.0.1:\(port)" }
  var healthURL: String { "\(address)/health" }

  /// Stops listening and drops every connection: from now on a probe is refused, as by a machine that is gone.
  func breakDown() {
    server.withLock { running in
      running?.stop()
      running = nil
    }
  }

  func recover() throws(HTTPServerError) {
    let started = try Self.serve(name, bucket, port: port)
    server.withLock { $0 = started }
  }

  private static func serve(
    _ name: String, _ bucket: DemoBucket, port: UInt16
  ) throws(HTTPServerError) -> HTTPServer {
    var settings = HTTPServerSettings(address: "127.0.0.1:\(port)")
    settings.threads = 1
    settings.drainTimeout = .zero
    return try HTTPServer(settings) { request in
      let now = SystemTime().now
      switch request.path {
      case "/health":
        return HTTPServerResponse(
          status: 200, contentType: "application/json",
          body: .bytes(Array(#"{"status":"UP","region":"\#(name)"}"#.utf8)))
      case "/metrics": return .text(200, metrics(of: name, at: now))
      case "/\(DemoBucket.name)", "/\(DemoBucket.name)/":
        return HTTPServerResponse(
          status: 200, contentType: "application/xml", body: .bytes(Array(bucket.listing(at: now).utf8)))
      default: return .text(404, "not here\n")
      }
    }
  }

  /// Counters that grow as those of a server would whose users come in waves of a minute and a half.
  private static func metrics(of name: String, at now: Timestamp) -> String {
    let day = now.seconds.truncatingRemainder(dividingBy: 86_400)
    let size = name == "taiwan" ? 60.0 : 40.0
    // The integral of size * (1 + sin(t / 15) / 4).
    let served = size * (day + 3.75 * (1 - cos(day / 15)))
    return """
      # TYPE shop_requests_total counter
      shop_requests_total{site="\(name)",code="200"} \(Int(served * 0.996))
      shop_requests_total{site="\(name)",code="503"} \(Int(served * 0.004))

      """
  }
}

/// A bucket in which an object comes into being every other second, or its copy, which has each one a little later.
struct DemoBucket: Sendable {
  static let name = "uploads"
  /// How long a copy takes.
  var delay: Duration

  /// S3's answer to ListObjectsV2.
  func listing(at now: Timestamp) -> String {
    let every: Int64 = 2000
    let newest = (now - delay).milliseconds / every
    let objects = (newest - 19...newest).map { number in
      "<Contents><Key>upload-\(number)</Key>"
        + "<LastModified>\(Timestamp(milliseconds: number * every).iso8601)</LastModified>"
        + "<ETag>&quot;\(number)&quot;</ETag><Size>4096</Size></Contents>"
    }
    return "<?xml version=\"1.0\"?><ListBucketResult><Name>\(Self.name)</Name><KeyCount>20</KeyCount>"
      + "<IsTruncated>false</IsTruncated>\(objects.joined())</ListBucketResult>"
  }
}
