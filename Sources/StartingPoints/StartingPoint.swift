/// An architecture that Farwatch has a ready configuration for: the files of `examples/<name>/` as they are shipped.
package struct StartingPoint: Sendable {
  package struct File: Hashable, Sendable {
    package var name: String
    package var text: String
  }

  /// The name of its folder.
  package var name: String
  /// One line about whom it fits.
  package var summary: String
  /// As the files name them, the usual one first.
  package var regions: [String]
  /// farwatch.yml first.
  package var files: [File]

  package static let all = [taiwanJapan, pilotLight, threeRegions, tiers, twoClouds]

  /// Its files for somebody's own regions.
  ///
  /// - Parameters:
  ///   - names: in place of ``regions``, as many; they are put wherever those stand as whole words, in host names and
  ///     the names of secrets' files as well.
  ///   - rules: the folder of the rules that come with Farwatch.
  package func files(regions names: [String], rules: String) -> [File] {
    precondition(names.count == regions.count, "a name for each region")
    return files.map { file in
      let own = Self.rename(file.text, zip(regions, names).map { ($0, $1) })
      return File(name: file.name, text: Self.replace(own, "../../rules/", rules + "/"))
    }
  }

  /// What the files name under `secrets/`, which is not there yet.
  package var secrets: [String] {
    var found: Set<String> = []
    for file in files {
      for part in Self.split(file.text, at: "secrets/").dropFirst() {
        let name = part.prefix { Self.isWord($0) || $0 == "-" || $0 == "." }
        if !name.isEmpty { found.insert("secrets/" + name) }
      }
    }
    return found.sorted()
  }

  /// In one pass, so that names may change places.
  private static func rename(_ text: String, _ names: [(old: String, new: String)]) -> String {
    let longestFirst = names.sorted { $0.old.count > $1.old.count }
    var out = ""
    var rest = text[...]
    var before: Character = "\n"
    while let character = rest.first {
      let found = isWord(before) ? nil : longestFirst.first { rest.hasPrefix($0.old) }
      if let found, !(rest.dropFirst(found.old.count).first.map(isWord) ?? false) {
        out += found.new
        rest = rest.dropFirst(found.old.count)
        before = "a"
      } else {
        out.append(character)
        rest = rest.dropFirst()
        before = character
      }
    }
    return out
  }

  private static func isWord(_ character: Character) -> Bool {
    character == "_" || character.isASCII && (character.isLetter || character.isNumber)
  }

  private static func replace(_ text: String, _ old: String, _ new: String) -> String {
    split(text, at: old).joined(separator: new)
  }

  private static func split(_ text: String, at mark: String) -> [String] {
    var parts: [String] = []
    var part = ""
    var rest = text[...]
    while let character = rest.first {
      if character == mark.first, rest.hasPrefix(mark) {
        parts.append(part)
        part = ""
        rest = rest.dropFirst(mark.count)
      } else {
        part.append(character)
        rest = rest.dropFirst()
      }
    }
    return parts + [part]
  }
}
