internal import CExpat

/// Why bytes are no document that is read here.
package enum XMLFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// Not well-formed, in expat's words.
  case malformed(String, line: Int)
  /// A document type: entities could make much out of little, and no service sends one.
  case documentType(line: Int)
  case tooLarge(bytes: Int)
  case tooDeep(levels: Int)
  case tooManyElements(Int)
  case noMemory

  package var description: String {
    switch self {
    case .malformed(let problem, let line): "not well-formed XML: \(problem), line \(line)"
    case .documentType(let line): "XML with a document type (line \(line)) is not read"
    case .tooLarge(let bytes): "XML of more than \(bytes) bytes is not read"
    case .tooDeep(let levels): "XML of more than \(levels) levels is not read"
    case .tooManyElements(let count): "XML of more than \(count) elements is not read"
    case .noMemory: "no memory to read XML"
    }
  }
}

/// Reads whole XML documents, as services answer them; the only owner of expat.
///
/// Namespaces are not told apart, comments and processing instructions are passed over, entities of one's own are
/// refused together with the document type that would declare them.
package enum XMLDocument {
  package struct Limits: Hashable, Sendable {
    package var bytes = 16 << 20
    package var levels = 64
    package var elements = 400_000

    package init() {}
  }

  /// - Returns: the document's one outermost element.
  package static func read(_ bytes: [UInt8], limits: Limits = Limits()) throws(XMLFailure) -> XMLElement {
    guard bytes.count <= limits.bytes, let length = CInt(exactly: bytes.count) else {
      throw .tooLarge(bytes: limits.bytes)
    }
    guard let parser = XML_ParserCreate(nil) else { throw .noMemory }
    defer { XML_ParserFree(parser) }
    let reading = Reading(parser, limits)
    // The reading outlives the parser's last call, which is below.
    XML_SetUserData(parser, Unmanaged.passUnretained(reading).toOpaque())
    XML_SetElementHandler(parser, elementBegan, elementEnded)
    XML_SetCharacterDataHandler(parser, charactersCame)
    XML_SetStartDoctypeDeclHandler(parser, documentTypeCame)
    let status = bytes.withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: CChar.self) { XML_Parse(parser, $0.baseAddress, length, 1) }
    }
    let line = Int(clamping: XML_GetCurrentLineNumber(parser))
    if let failure = reading.failure { throw failure }
    guard status == XML_STATUS_OK, let root = reading.root else {
      let problem = XML_ErrorString(XML_GetErrorCode(parser)).map { String(cString: $0) }
      throw .malformed(problem ?? "no element found", line: line)
    }
    return root
  }
}

/// What is open while expat goes through a document.
private final class Reading {
  struct Open {
    var name: String
    var attributes: [String: String]
    var text: [UInt8] = []
    var children: [XMLElement] = []
  }

  private let parser: XML_Parser
  private let limits: XMLDocument.Limits
  private var open: [Open] = []
  private var elements = 0
  private(set) var root: XMLElement?
  private(set) var failure: XMLFailure?

  init(_ parser: XML_Parser, _ limits: XMLDocument.Limits) {
    self.parser = parser
    self.limits = limits
  }

  func begin(_ name: String, _ attributes: [String: String]) {
    elements += 1
    if elements > limits.elements { return fail(.tooManyElements(limits.elements)) }
    if open.count >= limits.levels { return fail(.tooDeep(levels: limits.levels)) }
    open.append(Open(name: Self.local(name), attributes: attributes))
  }

  func end() {
    guard failure == nil, let done = open.popLast() else { return }
    let isBlank = done.text.allSatisfy { $0 == 0x20 || (0x09...0x0d).contains($0) }
    let element = XMLElement(
      name: done.name, attributes: done.attributes,
      text: isBlank && !done.children.isEmpty ? "" : String(decoding: done.text, as: UTF8.self),
      children: done.children)
    if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
  }

  func add(_ characters: UnsafeRawBufferPointer) {
    guard failure == nil, !open.isEmpty else { return }
    open[open.count - 1].text.append(contentsOf: characters)
  }

  /// Handlers that expat has still in line may be called after this; they do nothing.
  func fail(_ failure: XMLFailure) {
    guard self.failure == nil else { return }
    self.failure = failure
    XML_StopParser(parser, 0)
  }

  func refuseDocumentType() { fail(.documentType(line: Int(clamping: XML_GetCurrentLineNumber(parser)))) }

  static func local(_ name: String) -> String {
    guard let colon = name.lastIndex(of: ":") else { return name }
    return String(name[name.index(after: colon)...])
  }
}

private func reading(_ context: UnsafeMutableRawPointer?) -> Reading? {
  context.map { Unmanaged<Reading>.fromOpaque($0).takeUnretainedValue() }
}

private func elementBegan(
  _ context: UnsafeMutableRawPointer?, _ name: UnsafePointer<CChar>?,
  _ attributes: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) {
  guard let reading = reading(context), let name else { return }
  var pairs: [String: String] = [:]
  // Names and values by turns, nil at the end.
  var place = 0
  while let attributes, let key = attributes[place], let value = attributes[place + 1] {
    pairs[Reading.local(String(cString: key))] = String(cString: value)
    place += 2
  }
  reading.begin(String(cString: name), pairs)
}

private func elementEnded(_ context: UnsafeMutableRawPointer?, _ name: UnsafePointer<CChar>?) {
  reading(context)?.end()
}

private func charactersCame(
  _ context: UnsafeMutableRawPointer?, _ characters: UnsafePointer<CChar>?, _ count: CInt
) {
  guard count > 0 else { return }
  reading(context)?.add(UnsafeRawBufferPointer(start: characters, count: Int(count)))
}

private func documentTypeCame(
  _ context: UnsafeMutableRawPointer?, _ name: UnsafePointer<CChar>?, _ system: UnsafePointer<CChar>?,
  _ publicID: UnsafePointer<CChar>?, _ hasInternalSubset: CInt
) {
  reading(context)?.refuseDocumentType()
}
