// Package lsp is the language server: what editors ask while somebody writes an
// operator, over the Language Server Protocol 3.17.
//
// Its answers are pure functions: from a text, a place in it and the texts beside
// it to diagnostics, completions, explanations, definitions. What they are made
// of belongs to other packages: the findings are those of runtime/lint, keys
// come from spec, expressions from eval, and what is being written is read by
// lsp/outline. The shell around them (server.go) keeps the open documents,
// checks them in the background, and throws away what an edit has overtaken. What
// is known of kinds beside the files at hand (kinds.go) may come from a cluster, which
// is asked by a goroutine of its own (cluster.go): an answer of it is one more reason
// to check again, and nothing waits for it.
//
// JSON-RPC is github.com/creachadair/jrpc2. It does what the protocol asks of a
// server: notifications are handled in their order and before the requests
// behind them, requests run beside each other and can be cancelled, and a message
// that is no JSON is answered with an error instead of ending the connection.
// golang.org/x/exp/jsonrpc2 and github.com/sourcegraph/jsonrpc2 end it, and leave
// the order to their users; go.lsp.dev/jsonrpc2 brings a JSON library of its own.
// The structures of the protocol are in protocol.go, since the server needs a tenth of
// them, and the one library that has them all (go.lsp.dev/protocol) has
// not been released since 2022.
package lsp
