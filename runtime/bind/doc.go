// Package bind makes what the expressions of a handler see: the variables of an object, of
// what has changed, of an attempt, by the names of eval.Variables.
//
// They are made in one place because there are two who need them: the engine, which
// handles an object, and the command eval, which shows what an expression would yield. It is
// a pure function of objects, causes and times. What exists where is known by
// package eval; what only a run knows (steps, items, children) is added by package actions.
package bind
