internal import CloudAccess
package import HTTPClient
package import Model

/// Which store, and how to get in: pure values of the configuration.
package enum StorePlace: Hashable, Sendable {
  case s3(S3Place)
  case azureBlob(AzureBlobPlace)
  case gcs(GCSPlace)
  case sftp(SFTPPlace)

  /// The name of the kind, as the configuration and the label `type` write it.
  package var kind: String {
    switch self {
    case .s3: "s3"
    case .azureBlob: "azure_blob"
    case .gcs: "gcs"
    case .sftp: "sftp"
    }
  }

  /// What the backups lie in, for the label `repo`.
  package var label: String {
    switch self {
    case .s3(let place): place.bucket
    case .azureBlob(let place): place.container
    case .gcs(let place): place.bucket
    case .sftp(let place): place.host
    }
  }

  package func store(_ transport: StoreTransport) -> any ObjectStore {
    switch self {
    case .s3(let place): HTTPStore(S3Dialect(place, transport), transport)
    case .azureBlob(let place): HTTPStore(AzureBlobDialect(place, transport), transport)
    case .gcs(let place): HTTPStore(GCSDialect(place, transport), transport)
    case .sftp(let place): SFTPStore(place, time: transport.time)
    }
  }
}

/// What all stores share: a client apart from the probes', whose times large listings would spoil.
package final class StoreTransport: Sendable {
  package let http: HTTPClient
  package let time: any TimeSource
  let identities: AWSIdentities

  package init(userAgent: String, time: any TimeSource = SystemTime()) {
    var settings = HTTPClientSettings()
    settings.userAgent = userAgent
    settings.maximumKeptConnections = 64
    http = HTTPClient(name: "farwatch-store", settings: settings)
    self.time = time
    identities = AWSIdentities(http: http, time: time)
  }

  package func shutdown() { http.shutdown() }
}
