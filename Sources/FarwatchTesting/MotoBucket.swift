/// A bucket `backups` of moto's S3, filled by boto3 before signatures and policies count.
package struct MotoBucket: Sendable {
  /// Of a user that may list and read.
  package let reader: (id: String, secret: String)
  /// Of a user that may do nothing.
  package let nobody: (id: String, secret: String)
  private let server: MotoServer

  package var endpoint: String { server.url }

  private static let setup = """
    s3 = client('s3', 'eu-central-1')
    facts['keys'] = user('reader', ['s3:ListBucket', 's3:GetObject', 's3:ListBucketMultipartUploads']) + user('nobody', None)
    for name in ('backups', 'copies'):
      s3.create_bucket(Bucket=name, CreateBucketConfiguration={'LocationConstraint': 'eu-central-1'})

    """

  /// - Parameters:
  ///   - filling: Python that fills the bucket `backups`, and `copies` beside it, by `s3`.
  ///   - isEnforced: whether signatures and policies count. moto 5.1 unescapes before it checks, so that nothing
  ///     that is escaped in path or query passes, also not what boto3 signs.
  package init(_ filling: String, isEnforced: Bool = true) async throws {
    server = try await MotoServer(Self.setup + filling, enforces: isEnforced)
    let words = server.facts.split(separator: "\"").map(String.init)
    // {"keys": ["…", "…", "…", "…"]}
    guard words.count == 11 else { throw BenchError("no keys in \(server.facts)") }
    reader = (words[3], words[5])
    nobody = (words[7], words[9])
  }

  package func stop() { server.process.stop() }
}
