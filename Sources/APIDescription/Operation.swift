internal import Model

/// One method of one path: what it takes, what it answers.
struct Operation: Sendable {
  enum Method: String, Sendable { case get, post, put, delete }

  struct Parameter: Sendable {
    enum Place: String, Sendable { case query, path, header }

    var name: String
    var place = Place.query
    var about: String
    var schema: Schema
    var isRequired = false

    static func query(_ name: String, _ schema: Schema, _ about: String) -> Parameter {
      Parameter(name: name, about: about, schema: schema)
    }
    static func required(_ name: String, _ schema: Schema, _ about: String) -> Parameter {
      Parameter(name: name, about: about, schema: schema, isRequired: true)
    }
    static func path(_ name: String, _ schema: Schema, _ about: String) -> Parameter {
      Parameter(name: name, place: .path, about: about, schema: schema, isRequired: true)
    }
    static func header(_ name: String, _ schema: Schema, _ about: String) -> Parameter {
      Parameter(name: name, place: .header, about: about, schema: schema)
    }
  }

  struct Answer: Sendable {
    var status: Int
    var about: String
    /// Media types and what they hold; none: an answer without a body.
    var content: [(type: String, schema: Schema)] = []

    static func json(_ status: Int, _ schema: Schema, _ about: String) -> Answer {
      Answer(status: status, about: about, content: [("application/json", schema)])
    }
    static func text(_ status: Int, _ about: String) -> Answer {
      Answer(status: status, about: about, content: [("text/plain", .text)])
    }
    static func page(_ status: Int, _ type: String, _ about: String) -> Answer {
      Answer(status: status, about: about, content: [(type, .text)])
    }
    static func empty(_ status: Int, _ about: String) -> Answer { Answer(status: status, about: about) }
  }

  struct Body: Sendable {
    var type: String
    var schema: Schema
    var isRequired = true
  }

  var method: Method
  var path: String
  var summary: String
  var parameters: [Parameter] = []
  var body: Body?
  var answers: [Answer]

  /// As it is called in clients: `getApiStatus`.
  var name: String {
    let words = path.split { !$0.isLetter && !$0.isNumber }
    return method.rawValue + words.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }
}
