// Package trial evaluates expressions and templates on data that a user gives, as an
// engine would in some place of an operator: by the same environment, with the same
// variables, limits and errors. It is behind the command eval.
//
// It never talks to a cluster. What only a run knows, such as the results of steps, is given by name
// (Let); what is not given is missing, and an expression that needs it is told how to give it.
//
// Start with New; places.go says what places there are, subject.go makes the variables
// of an object, session.go is the prompt without its terminal.
package trial
