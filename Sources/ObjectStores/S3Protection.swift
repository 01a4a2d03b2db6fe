internal import HTTPClient
internal import Model
internal import XMLDocuments

/// `GetBucketVersioning` and `GetObjectLockConfiguration`.
extension S3Dialect {
  var versioningRequest: HTTPRequest? { request("?versioning=") }
  var objectLockRequest: HTTPRequest? { request("?object-lock=") }
  var protectionPrivileges: String { "s3:GetBucketVersioning, s3:GetBucketObjectLockConfiguration" }

  func versioning(_ body: [UInt8]) throws(StoreFailure) -> StoreProtection.Versioning {
    let root = try document(body, "VersioningConfiguration")
    // Where it never was on there is no Status.
    switch root.text("Status") {
    case nil, "": return .off
    case "Enabled": return .enabled
    case "Suspended": return .suspended
    case let other?:
      throw StoreFailure(.protocolError, "\(title) tells an unknown versioning \"\(printable(other))\"")
    }
  }

  func objectLock(
    _ body: [UInt8]
  ) throws(StoreFailure) -> (isOn: Bool, retention: StoreProtection.Retention?) {
    let root = try document(body, "ObjectLockConfiguration")
    let isOn = root.text("ObjectLockEnabled") == "Enabled"
    guard let rule = root["Rule"]?["DefaultRetention"] else { return (isOn, nil) }
    // One of the two is said; some servers write the other as 0.
    let days = rule.text("Days").flatMap { Int32($0) }.map { Int64($0) }
    let years = rule.text("Years").flatMap { Int32($0) }.map { Int64($0) * 365 }
    guard let mode = StoreProtection.Mode(rawValue: (rule.text("Mode") ?? "").lowercased()),
      let period = [days, years].compactMap({ $0 }).first(where: { $0 > 0 })
    else { throw StoreFailure(.protocolError, "\(title) tells a default retention without mode or period") }
    return (isOn, .init(mode: mode, period: .seconds(period * 86_400)))
  }
}
