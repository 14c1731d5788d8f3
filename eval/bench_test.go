package eval

import (
	"testing"

	"github.com/google/cel-go/cel"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

func BenchmarkWhen(b *testing.B) {
	e := newEnv(b)
	for name, text := range map[string]string{
		"cheap": "has(spec.size) && spec.size > 2 && labels.app == 'web'",
		"loop":  "has(spec.items) && spec.items.exists(i, i.name == 'b')",
	} {
		b.Run(name, func(b *testing.B) {
			p := expr(b, e, text, cel.BoolType)
			binding := sample()
			b.ReportAllocs()
			for b.Loop() {
				if ok, err := p.Bool(b.Context(), binding); !ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
}

func BenchmarkWhenFails(b *testing.B) {
	p := expr(b, newEnv(b), "spec.name > 2", cel.BoolType)
	binding := sample()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Bool(b.Context(), binding); err == nil {
			b.Fatal("no error")
		}
	}
}

// A child as operators make them.
const child = `
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata:
          name: "${name}-data"
          labels: {app: "${labels.app}", managed-by: kopf, "${name}": "yes"}
          annotations: {size: "${spec.size} of ${spec.ratio}", owner: "${meta.namespace}/${name}"}
        spec:
          accessModes: [ReadWriteOnce]
          volumeMode: Filesystem
          storageClassName: "${spec.?storageClass}"
          resources: {requests: {storage: "${spec.size}Gi"}}
`

func BenchmarkTemplate(b *testing.B) {
	v, _ := parsed(b, child)
	tpl, problems := newEnv(b).Template(v, everything)
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	binding := sample()
	b.ReportAllocs()
	for b.Loop() {
		if _, ok, err := tpl.Render(b.Context(), binding); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	e := newEnv(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, problems := e.Expr(&spec.Expr{Text: "has(spec.size) && spec.size > 2 && labels.app == 'web'"}, everything, cel.BoolType); len(problems) > 0 {
			b.Fatal(problems)
		}
	}
}

// BenchmarkTyped asks objects of which most is JSON, or all, or of which each part that is asked
// stands beside a time. "plain" is what it costs without any types.
func BenchmarkTyped(b *testing.B) {
	e, shape := newEnv(b), jobShape(b)
	for _, text := range []string{
		"spec.size > 1 && spec.mode == 'fast'", "body.spec.plain.a.b == 1", "meta.name == 'j' && meta.labels.a == 'b'", "spec.windows.exists(w, w.name == 'b')",
	} {
		p := expr(b, e, text, cel.BoolType)
		for _, typed := range []bool{false, true} {
			body, s := data(b, job), shape
			name := "typed/"
			if !typed {
				s, name = nil, "plain/"
			}
			b.Run(name+text, func(b *testing.B) {
				binding := NewBinding(map[string]any{
					"body": Typed(body, s), "spec": Typed(body["spec"], s.At("spec")), "meta": Typed(body["metadata"], s.At("metadata")),
				})
				b.ReportAllocs()
				for b.Loop() {
					if ok, err := p.Bool(b.Context(), binding); !ok || err != nil {
						b.Fatal(ok, err)
					}
				}
			})
		}
	}
}

func BenchmarkShape(b *testing.B) {
	for _, gvk := range []string{"Deployment", "Pod"} {
		b.Run(gvk, func(b *testing.B) {
			apiVersion := "apps/v1"
			if gvk == "Pod" {
				apiVersion = "v1"
			}
			kind := schema.Builtin().Type(schema.KindOf(apiVersion, gvk))
			b.ReportAllocs()
			for b.Loop() {
				ObjectShape(kind)
			}
		})
	}
}
