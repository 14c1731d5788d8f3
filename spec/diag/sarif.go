package diag

import (
	"io"
	"net/url"
	"path/filepath"
	"strings"
)

// The parts of SARIF 2.1.0 that a report has.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool       `json:"tool"`
		ColumnKind string          `json:"columnKind"`
		Artifacts  []sarifArtifact `json:"artifacts,omitempty"`
		Results    []sarifResult   `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID                   string      `json:"id"`
		ShortDescription     sarifText   `json:"shortDescription"`
		FullDescription      sarifText   `json:"fullDescription"`
		Help                 sarifText   `json:"help"`
		HelpURI              string      `json:"helpUri"`
		DefaultConfiguration sarifConfig `json:"defaultConfiguration"`
	}
	sarifConfig struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifArtifact struct {
		Location sarifURI `json:"location"`
	}
	sarifResult struct {
		RuleID           string          `json:"ruleId,omitempty"`
		RuleIndex        *int            `json:"ruleIndex,omitempty"`
		Level            string          `json:"level"`
		Message          sarifText       `json:"message"`
		Locations        []sarifLocation `json:"locations,omitempty"`
		RelatedLocations []sarifLocation `json:"relatedLocations,omitempty"`
		Fixes            []sarifFix      `json:"fixes,omitempty"`
	}
	sarifLocation struct {
		ID               int           `json:"id,omitempty"`
		PhysicalLocation sarifPhysical `json:"physicalLocation"`
		Message          *sarifText    `json:"message,omitempty"`
	}
	sarifPhysical struct {
		ArtifactLocation sarifURI     `json:"artifactLocation"`
		Region           *sarifRegion `json:"region,omitempty"`
	}
	sarifURI struct {
		URI       string `json:"uri"`
		URIBaseID string `json:"uriBaseId,omitempty"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
		EndLine     int `json:"endLine"`
		EndColumn   int `json:"endColumn"`
	}
	sarifFix struct {
		Description     sarifText     `json:"description"`
		ArtifactChanges []sarifChange `json:"artifactChanges"`
	}
	sarifChange struct {
		ArtifactLocation sarifURI           `json:"artifactLocation"`
		Replacements     []sarifReplacement `json:"replacements"`
	}
	sarifReplacement struct {
		DeletedRegion   sarifRegion `json:"deletedRegion"`
		InsertedContent sarifText   `json:"insertedContent"`
	}
)

const (
	sarifSchema  = "https://json.schemastore.org/sarif-2.1.0.json"
	sarifVersion = "2.1.0"
	program      = "kopf-declarative"
	home         = "https://github.com/kopf-declarative/kopf-declarative"
	// sourceRoot is the name by which GitHub and others know the checkout.
	sourceRoot = "%SRCROOT%"
)

// SARIF writes the report in the Static Analysis Results Interchange Format.
func (r *Report) SARIF(w io.Writer) error {
	run := sarifRun{
		Tool:       sarifTool{sarifDriver{Name: program, Version: r.Version, InformationURI: home, Rules: []sarifRule{}}},
		ColumnKind: "unicodeCodePoints",
		Results:    []sarifResult{},
	}
	indexes := map[*Rule]int{}
	for i, rule := range r.Rules {
		indexes[rule] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRuleOf(rule))
	}
	for _, file := range r.Files {
		run.Artifacts = append(run.Artifacts, sarifArtifact{r.uri(file)})
	}
	for _, d := range r.Found.Sorted() {
		result := r.result(d)
		if i, ok := indexes[d.Rule]; ok {
			result.RuleIndex = &i
		}
		run.Results = append(run.Results, result)
	}
	return writeJSON(w, sarifLog{Schema: sarifSchema, Version: sarifVersion, Runs: []sarifRun{run}})
}

func sarifRuleOf(r *Rule) sarifRule {
	return sarifRule{
		ID:                   r.ID,
		ShortDescription:     sarifText{Text: r.Summary},
		FullDescription:      sarifText{Text: strings.ReplaceAll(r.Explanation, "`", "")},
		Help:                 sarifText{Text: strings.ReplaceAll(r.Explanation, "`", "") + "\n" + r.URL(), Markdown: r.Explanation + "\n\n[" + r.ID + "](" + r.URL() + ")"},
		HelpURI:              r.URL(),
		DefaultConfiguration: sarifConfig{sarifLevel(r.Severity)},
	}
}

func sarifLevel(s Severity) string {
	return [...]string{"error", "warning", "note"}[s]
}

func (r *Report) result(d *Diagnostic) sarifResult {
	out := sarifResult{RuleID: d.ID(), Level: sarifLevel(d.Severity), Message: sarifText{Text: d.Message()}}
	if d.Subject.File != "" {
		out.Locations = []sarifLocation{{PhysicalLocation: r.physical(d.Subject)}}
	}
	if d.Context != nil && d.Context.File != "" {
		out.RelatedLocations = []sarifLocation{{ID: 1, PhysicalLocation: r.physical(*d.Context)}}
	}
	if d.Fix != nil {
		out.Fixes = []sarifFix{r.fix(d.Fix)}
	}
	return out
}

func (r *Report) fix(f *Fix) sarifFix {
	out := sarifFix{Description: sarifText{Text: f.Title}}
	for _, e := range f.Edits {
		replacement := sarifReplacement{*sarifRegionOf(e.Range), sarifText{Text: e.Text}}
		at := r.uri(e.Range.File)
		if n := len(out.ArtifactChanges); n > 0 && out.ArtifactChanges[n-1].ArtifactLocation == at {
			out.ArtifactChanges[n-1].Replacements = append(out.ArtifactChanges[n-1].Replacements, replacement)
			continue
		}
		out.ArtifactChanges = append(out.ArtifactChanges, sarifChange{at, []sarifReplacement{replacement}})
	}
	return out
}

func (r *Report) physical(at Range) sarifPhysical {
	out := sarifPhysical{ArtifactLocation: r.uri(at.File)}
	if at.Start.IsValid() {
		out.Region = sarifRegionOf(at)
	}
	return out
}

func sarifRegionOf(at Range) *sarifRegion {
	end := at.End
	if !end.IsValid() {
		end = at.Start
	}
	return &sarifRegion{at.Start.Line, at.Start.Column, end.Line, end.Column}
}

// uri names a file relative to the checkout where it is inside.
func (r *Report) uri(file string) sarifURI {
	if filepath.IsAbs(file) {
		inside, err := filepath.Rel(r.Dir, file)
		if r.Dir == "" || err != nil || !filepath.IsLocal(inside) {
			return sarifURI{URI: (&url.URL{Scheme: "file", Path: filepath.ToSlash(file)}).String()}
		}
		file = inside
	}
	return sarifURI{URI: (&url.URL{Path: filepath.ToSlash(filepath.Clean(file))}).String(), URIBaseID: sourceRoot}
}
