import CloudAccess
import FarwatchTesting
import Model
import Testing

@testable import ObjectStores

/// Pages that are damaged at random: read rightly or refused, and never a crash.
@Suite struct WildPagesTests {
  private static let s3 = """
    <ListBucketResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>\
    <NextContinuationToken>abc</NextContinuationToken><Contents><Key>a%2Fb+c</Key><Size>18446744073709551615</Size>\
    <LastModified>2026-01-31T02:00:00.000Z</LastModified><ETag>"x"</ETag></Contents></ListBucketResult>
    """
  private static let uploads = """
    <ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker><Upload>\
    <Initiated>2026-01-31T02:00:00.000Z</Initiated></Upload></ListMultipartUploadsResult>
    """
  private static let azure = """
    <EnumerationResults><Blobs><Blob><Name Encoded="true">a%2Fb</Name><Properties><Content-Length>10</Content-Length>\
    <Last-Modified>Sun, 14 Jun 2026 10:00:07 GMT</Last-Modified><Etag>0x1</Etag></Properties></Blob></Blobs>\
    <NextMarker>m</NextMarker></EnumerationResults>
    """
  private static let google = #"""
    {"nextPageToken":"t","items":[{"name":"a","size":"10","timeCreated":"2026-01-31T02:00:00Z","generation":"1"}]}
    """#

  @Test func damagedPagesAreReadOrRefused() throws {
    let transport = StoreTransport(userAgent: "test")
    defer { transport.shutdown() }
    let s3 = S3Dialect(S3Place(bucket: "b", access: .anonymous), transport)
    let azure = AzureBlobDialect(
      AzureBlobPlace(account: "a", container: "c", access: .sas(.environment("X"))), transport)
    let google = GCSDialect(GCSPlace(bucket: "b", access: nil), transport)
    #expect(try s3.page(Array(Self.s3.utf8)).entries.map(\.name) == ["a/b c"])
    #expect(try s3.page(Array(Self.s3.utf8)).entries.map(\.size) == [.max])
    #expect(try s3.uploads(Array(Self.uploads.utf8)).next == ["k", ""])
    #expect(try azure.page(Array(Self.azure.utf8)).entries.map(\.name) == ["a/b"])
    #expect(try google.page(Array(Self.google.utf8)).next == "t")
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededNumbers(seed: seed)
    for text in [Self.s3, Self.uploads, Self.azure, Self.google] {
      for _ in 0..<400 {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          let place = Int.random(in: 0..<bytes.count, using: &random)
          switch Int.random(in: 0..<3, using: &random) {
          case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
          case 1: bytes.removeSubrange(place..<min(bytes.count, place + 9))
          default: bytes.insert(contentsOf: bytes.prefix(place).suffix(20), at: place)
          }
          if bytes.isEmpty { break }
        }
        _ = try? s3.page(bytes)
        _ = try? s3.uploads(bytes)
        _ = try? azure.page(bytes)
        _ = try? google.page(bytes)
      }
    }
  }
}
