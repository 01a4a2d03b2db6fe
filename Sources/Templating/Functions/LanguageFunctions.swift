internal import Model

/// The functions of Go's template language itself, but for `and` and `or`.
enum LanguageFunctions {
  static let table: [String: TemplateFunction] = [
    "not": .init(1) { call in .bool(!call.arguments[0].isTrue) },
    "tmpl": .init(2) { _ throws(TemplateFailure) in throw TemplateFailure("needs an interpreter") },
  ]
}
