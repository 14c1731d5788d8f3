// Package actions is what the steps of a do block can do: one file per action,
// compiled and checked when an operator is loaded (Compile), run when a
// handler is (Program.Run).
//
// An action makes its API requests itself, except for changes of the handler's
// own object, which are collected in an OwnPatch and sent once per cycle by
// the engine. Each action is safe to repeat: an attempt that was cut off
// between an answer of the API and the record of it can simply run again.
//
// It does not decide which handler runs, when it is retried, or what an error
// means for it: that is package runtime. Requests go through package
// actions/kube, merge patches are built by package actions/patch, expressions
// and templates are those of package eval.
//
// Start reading at Program.Run; docs/actions.md is the reference for users.
package actions
