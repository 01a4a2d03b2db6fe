internal import DurableIO

/// The names in a store's directory:
///
///     catalogue               records of families and series
///     head-N.chunks           a checkpoint: what was in memory when journal N began
///     journal-N.log           records of what happened since
///     block-N.chunks          sealed chunks, never written again
///     ….damaged               set aside; not read and not deleted
struct StoreFolder: Sendable {
  let path: String

  enum Kind: String { case head, journal, block }

  var catalogue: String { "\(path)/catalogue" }

  func file(_ kind: Kind, _ number: UInt64) -> String {
    let digits = String(number)
    let name = String(repeating: "0", count: max(0, 12 - digits.count)) + digits
    return "\(path)/\(kind.rawValue)-\(name).\(kind == .journal ? "log" : "chunks")"
  }

  /// The numbers of the files of one kind, ascending.
  static func numbers(_ kind: Kind, in names: [String]) -> [UInt64] {
    let (prefix, suffix) = ("\(kind.rawValue)-", kind == .journal ? ".log" : ".chunks")
    return names.compactMap { name in
      guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
      return UInt64(name.dropFirst(prefix.count).dropLast(suffix.count))
    }.sorted()
  }

  /// Gives a file that cannot be read another name; whether that worked.
  @discardableResult
  static func setAside(_ file: String) -> Bool {
    for number in 0..<1000 {
      let name = number == 0 ? "\(file).damaged" : "\(file).\(number).damaged"
      guard (try? MappedFile(name)) == nil else { continue }
      return (try? Folder.rename(file, to: name)) != nil
    }
    return false
  }
}
