internal import DurableIO
internal import Notifying

extension AcknowledgeLink {
  /// The key is made at the first start and kept in the state directory, so that links stay good over restarts.
  static func loadOrCreate(in directory: String) throws(StartFailure) -> AcknowledgeLink {
    let path = "\(directory)/acknowledge.key"
    do throws(IOFailure) {
      let key = try readOrCreate(path)
      if let link = AcknowledgeLink(key: key) { return link }
    } catch {
      throw StartFailure("the key of links in pages cannot be used: \(error)")
    }
    throw StartFailure("\(path) is damaged: remove it to have a new one made (links in older pages end)")
  }

  private static func readOrCreate(_ path: String) throws(IOFailure) -> [UInt8] {
    do throws(IOFailure) {
      return try readFile(path, limit: 4096)
    } catch {
      guard error.isMissingFile else { throw error }
      let key = newKey()
      try AtomicFile.replace(path, with: key, mode: 0o600)
      return key
    }
  }
}
