// Package scaffold writes small operators to begin with: a definition with its
// CustomResourceDefinition, an object to try it on, and a page that says how. It is behind the
// command init.
//
// Choices says what is wanted, and checks every answer; Files makes the texts, and knows no disk; Write
// puts them there, all or none. It is a package of the runtime and not of the command because
// it is about what operators look like, as package explain is about what the language has, and
// because its tests lint and compile what it makes. It does not ask questions: the command does.
package scaffold
