internal import DurableIO

/// The names in a store's directory:
///
///     catalogue               records of families and series
///     catalogue.copy          the same again: nothing else can say what samples are of
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

  /// What stands in for a damaged or missing catalogue.
  var catalogueCopy: String { "\(path)/catalogue.copy" }

  /// Far beyond what anyone writes, and far enough from the largest number that one can always be added.
  private static let numberLimit: UInt64 = 1_000_000_000_000_000

  /// The numbers of the files of one kind, ascending. Names that no store has given are not among them.
  static func numbers(_ kind: Kind, in names: [String]) -> [UInt64] {
    names.compactMap { name in
      guard let digits = digits(of: name, kind), let number = UInt64(digits), number > 0,
        number < numberLimit, StoreFolder(path: "").file(kind, number) == "/\(name)"
      else { return nil }
      return number
    }.sorted()
  }

  /// Names with a number that no store has given: it must not be counted on from.
  static func foreign(in names: [String]) -> [String] {
    names.filter { name in
      kinds.contains { digits(of: name, $0) != nil && numbers($0, in: [name]).isEmpty }
    }
  }

  private static let kinds: [Kind] = [.head, .journal, .block]

  private static func digits(of name: String, _ kind: Kind) -> Substring? {
    let (prefix, suffix) = ("\(kind.rawValue)-", kind == .journal ? ".log" : ".chunks")
    guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
    let digits = name.dropFirst(prefix.count).dropLast(suffix.count)
    return !digits.isEmpty && digits.utf8.allSatisfy { (0x30...0x39).contains($0) } ? digits : nil
  }

  /// Whether one of these holds something of a store.
  static func holdsAnything(_ names: [String]) -> Bool {
    names.contains { name in
      name == "catalogue" || name == "catalogue.copy" || kinds.contains { digits(of: name, $0) != nil }
    }
  }

  /// Gives a file or directory that cannot be read another name, which is returned; nil when that did not work.
  @discardableResult
  static func setAside(_ file: String) -> String? {
    for number in 0..<1000 {
      let name = number == 0 ? "\(file).damaged" : "\(file).\(number).damaged"
      // Never over the evidence of an earlier time, not even where it cannot be read.
      if Folder.exists(name) { continue }
      return (try? Folder.rename(file, to: name)).map { name }
    }
    return nil
  }
}
