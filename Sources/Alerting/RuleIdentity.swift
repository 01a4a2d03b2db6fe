internal import Model

/// FNV-1a with 128 bits: stable across processes and versions, so that it may be stored. Not for secrets.
struct StableHash {
  private var state: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d

  mutating func add(_ text: String) {
    for byte in text.utf8 { add(byte) }
    // No UTF-8 text has this byte: it ends each part.
    add(0xff)
  }

  mutating func add(_ labels: Labels) {
    for label in labels.entries {
      add(label.name)
      add(label.value)
    }
    add(0xfe)
  }

  private mutating func add(_ byte: UInt8) {
    state ^= UInt128(byte)
    state &*= 0x0100_0000_0000_0000_0000_013b
  }

  /// 32 hexadecimal digits.
  var hex: String {
    let digits = String(state, radix: 16)
    return String(repeating: "0", count: 32 - digits.count) + digits
  }
}

/// Names a rule by what it says, wherever its file lies: moving a file keeps the state of its alerts. `ordinal`
/// tells rules apart that say the same.
func ruleIdentity(group: String, rule: Rule, ordinal: Int) -> String {
  var hash = StableHash()
  hash.add(rule.kind == .recording ? "record" : "alert")
  hash.add(group)
  hash.add(rule.name)
  hash.add(rule.expressionText)
  hash.add(rule.labelTexts)
  if ordinal > 0 { hash.add(String(ordinal)) }
  return hash.hex
}

/// Names an alert: ``AlertEvent/identity``.
func alertIdentity(rule: String, labels: Labels) -> String {
  var hash = StableHash()
  hash.add(rule)
  hash.add(labels)
  return hash.hex
}
