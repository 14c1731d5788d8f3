package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/runtime/scaffold"
)

// interview asks questions at a terminal. A wrong answer is explained, and the question asked
// again.
type interview struct {
	lines *bufio.Scanner
	out   io.Writer
}

func newInterview(in io.Reader, out io.Writer) *interview {
	return &interview{lines: bufio.NewScanner(in), out: out}
}

var errNoAnswer = errors.New("the questions were not answered to the end; nothing was written")

// ask asks until an answer is right. An empty one stands for the proposal, if there is one.
func (i *interview) ask(question, proposal string, right func(string) error) (string, error) {
	for {
		if proposal != "" {
			fmt.Fprintf(i.out, "%s [%s]: ", question, proposal)
		} else {
			fmt.Fprintf(i.out, "%s: ", question)
		}
		if !i.lines.Scan() {
			fmt.Fprintln(i.out)
			return "", errors.Join(errNoAnswer, i.lines.Err())
		}
		answer := strings.TrimSpace(i.lines.Text())
		if answer == "" {
			answer = proposal
		}
		err := right(answer)
		if err == nil {
			return answer, nil
		}
		fmt.Fprintf(i.out, "  %v\n", err)
	}
}

// ask asks for what is not known yet.
func (w *wish) ask(i *interview) error {
	proposal := ""
	if scaffold.CheckName(w.folder) == nil {
		proposal = w.folder
	}
	for _, q := range []struct {
		question string
		value    *string
		proposal func() string
		right    func(string) error
	}{
		{"Name of the operator", &w.Name, func() string { return proposal }, scaffold.CheckName},
		{"API group of the resource", &w.Group, func() string { return scaffold.GroupOf(w.Name) }, scaffold.CheckGroup},
		{"Kind", &w.Kind, func() string { return scaffold.KindOf(w.Name) }, scaffold.CheckKind},
		{"Plural of the kind", &w.Plural, func() string { return scaffold.PluralOf(w.Kind) }, scaffold.CheckPlural},
	} {
		if *q.value != "" {
			continue
		}
		var err error
		if *q.value, err = i.ask(q.question, q.proposal(), q.right); err != nil {
			return err
		}
	}
	if err := w.askScope(i); err != nil {
		return err
	}
	if err := w.askChild(i); err != nil {
		return err
	}
	return w.askFields(i)
}

func (w *wish) askScope(i *interview) error {
	if w.hasScope {
		return nil
	}
	answer, err := i.ask("Are its objects in namespaces, yes or no", "yes", func(text string) error {
		switch strings.ToLower(text) {
		case "yes", "y", "no", "n":
			return nil
		}
		return fmt.Errorf("%q is neither yes nor no", text)
	})
	w.Namespaced = strings.HasPrefix(strings.ToLower(answer), "y")
	return err
}

func (w *wish) askChild(i *interview) error {
	if w.Child != "" {
		return nil
	}
	question := "What is made for each object: " + strings.Join(scaffold.Children(), ", ")
	_, err := i.ask(question, string(scaffold.ConfigMap), func(text string) (err error) {
		child, err := scaffold.ParseChild(text)
		if err == nil {
			err = scaffold.CheckFields(w.Fields, child)
		}
		if err == nil {
			w.Child = child
		}
		return err
	})
	return err
}

// askFields asks for one field after the other, until there are no more.
func (w *wish) askFields(i *interview) error {
	if w.hasFields {
		return nil
	}
	fmt.Fprintf(i.out, "Fields of spec, such as size:integer; the types are %s.\n", strings.Join(scaffold.Types(), ", "))
	for {
		answer, err := i.ask("Field, or nothing", "", func(text string) error {
			if text == "" {
				return nil
			}
			f, err := scaffold.ParseField(text)
			if err != nil {
				return err
			}
			fields := append(w.Fields[:len(w.Fields):len(w.Fields)], f)
			if err := scaffold.CheckFields(fields, w.Child); err != nil {
				return err
			}
			w.Fields = fields
			return nil
		})
		if err != nil || answer == "" {
			return err
		}
	}
}
