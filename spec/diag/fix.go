package diag

// Fix is a change of the text that mends a finding.
type Fix struct {
	// Title says what it does: `write "retries"`.
	Title string
	Edits []Edit
	// Safe says that it is the one right answer, so that it can be made without
	// asking; any other is a guess.
	Safe bool
}

// Edit replaces a range by a text. An empty range is a place to insert at, an
// empty text deletes.
type Edit struct {
	Range Range
	Text  string
}

// Suggest makes a guess of what should stand at the subject.
func (d *Diagnostic) Suggest(text string) *Fix {
	d.Fix = &Fix{Title: "write " + text, Edits: []Edit{{d.Subject, text}}}
	return d.Fix
}

// Correct says what must stand at the subject: the one right answer.
func (d *Diagnostic) Correct(text string) *Fix {
	f := d.Suggest(text)
	f.Safe = true
	return f
}

// SuggestWord makes a guess of a word that was found near the one at the
// subject. The same word in another spelling (case, dashes and underscores
// aside) is not a guess but the answer.
func (d *Diagnostic) SuggestWord(found, meant string) *Fix {
	f := d.Suggest(meant)
	f.Safe = fold(found) == fold(meant)
	return f
}

// Suggestion is what should stand at the subject instead, empty where that is
// not all there is to change.
func (d *Diagnostic) Suggestion() string {
	if d.Fix == nil || len(d.Fix.Edits) != 1 || d.Fix.Edits[0].Range != d.Subject {
		return ""
	}
	return d.Fix.Edits[0].Text
}
