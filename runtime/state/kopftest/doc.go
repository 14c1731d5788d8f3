// Package kopftest is a model of an operator that is written in Python with Kopf
// 1.37, as far as its records on objects go: what it reads from an object, and
// what it leaves there. Tests ask it whether such an operator would go on
// correctly with what the engine has left, and let it act beside the engine.
//
// It is written from the description of the formats, and shares no code with the
// packages that it is to judge. It is no part of the product.
package kopftest
