/// Everything that deciding who is told what and when depends on.
package struct PagingSettings: Sendable {
  package init() {}
}
