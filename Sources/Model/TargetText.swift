/// `detail` with the target in front that it speaks of, as `TARGET: DETAIL`; as it is when it names the target already.
package func naming(_ target: String, _ detail: String) -> String {
  target.isEmpty || names(target, detail) ? detail : "\(target): \(detail)"
}

/// Whether `target` stands in `text` as a word of its own: 10.0.0.1 is not named by 10.0.0.17.
private func names(_ target: String, _ text: String) -> Bool {
  let (wanted, bytes) = (Array(target.utf8), Array(text.utf8))
  guard !wanted.isEmpty, wanted.count <= bytes.count else { return false }
  return (0...(bytes.count - wanted.count)).contains { start in
    let end = start + wanted.count
    return bytes[start] == wanted[0] && bytes[start..<end].elementsEqual(wanted)
      && !(start > 0 && isPartOfName(bytes[start - 1])) && !(end < bytes.count && isPartOfName(bytes[end]))
  }
}

private func isPartOfName(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
    UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
    true
  default: false
  }
}
