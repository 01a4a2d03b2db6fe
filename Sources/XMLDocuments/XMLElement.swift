/// One element of a document and what is in it. Names are without their namespace's prefix.
package struct XMLElement: Hashable, Sendable {
  package let name: String
  package let attributes: [String: String]
  /// The characters directly inside; "" where there is nothing but white space beside children.
  package let text: String
  package let children: [XMLElement]

  package init(
    name: String, attributes: [String: String] = [:], text: String = "", children: [XMLElement] = []
  ) {
    self.name = name
    self.attributes = attributes
    self.text = text
    self.children = children
  }

  /// The first child of that name.
  package subscript(name: String) -> XMLElement? { children.first { $0.name == name } }

  /// All children of that name, in order.
  package func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

  /// Going down by the first child of each name.
  package func at(_ path: String...) -> XMLElement? {
    var found: XMLElement? = self
    for name in path { found = found?[name] }
    return found
  }

  /// The text of the first child of that name; nil where there is none. `<A/>` is "".
  package func text(_ name: String) -> String? { self[name]?.text }
}
