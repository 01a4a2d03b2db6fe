/// The candidate that `name` was probably meant to be: at most two edits away, or a third of its length.
package func suggestion(for name: String, among candidates: some Sequence<String>) -> String? {
  let written = Array(name.lowercased().unicodeScalars)
  guard written.count <= 64 else { return nil }
  let allowed = max(1, min(2, written.count / 3))
  var best: (distance: Int, name: String)?
  for candidate in candidates {
    let distance = editDistance(written, Array(candidate.lowercased().unicodeScalars))
    if distance <= allowed, distance < best?.distance ?? .max { best = (distance, candidate) }
  }
  return best?.name
}

/// Fewest insertions, deletions, replacements and swaps of neighbours from `a` to `b` (optimal string alignment).
func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
  if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
  var beforeLast: [Int] = []
  var last = Array(0...b.count)
  for i in 1...a.count {
    var row = [i] + repeatElement(0, count: b.count)
    for j in 1...b.count {
      row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
      if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
        row[j] = min(row[j], beforeLast[j - 2] + 1)
      }
    }
    beforeLast = last
    last = row
  }
  return last[b.count]
}

/// `; did you mean `x`?` or `; expected one of a, b, c`.
func hint(for name: String, among candidates: [String]) -> String {
  if let near = suggestion(for: name, among: candidates) { return "; did you mean `\(near)`?" }
  if candidates.isEmpty { return "; no key is expected here" }
  return "; expected " + (candidates.count > 1 ? "one of " : "")
    + candidates.map { "`\($0)`" }.joined(separator: ", ")
}
