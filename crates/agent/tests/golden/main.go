// Writes what Go's text/template, with the functions of the official agent, makes of the templates in cases.json.
// Run it by hand after adding cases: cd crates/agent/tests/golden && go run . && git diff cases.json
package main

import (
	"bytes"
	"encoding/json"
	"os"
	"text/template"

	"github.com/Masterminds/sprig/v3"
)

type tag struct{ ID, Name, Slug, Color string }

type secret struct {
	Key, WorkspaceId, Value, Type, ID, SecretPath string
	Tags                                          []tag
	Comment, Etag                                 string
	SkipMultilineEncoding                         bool
}

type testCase struct {
	Template string  `json:"template"`
	Want     *string `json:"want"`
}

func secrets() []secret {
	one := func(key, value string) secret {
		return secret{Key: key, Value: value, WorkspaceId: "p", Type: "shared", ID: "i", SecretPath: "/", Comment: "why"}
	}
	return []secret{one("A", "1"), one("DB_URL", "postgres://u:p@h/db?x=1&y=2"), one("EMPTY", ""), one("JSON", `{"user":"ann","ports":[1,2]}`), one("TEXT", "two\nlines \"quoted\"")}
}

func functions() template.FuncMap {
	all := sprig.TxtFuncMap()
	delete(all, "env")
	delete(all, "expandenv")
	list := func(a, b, c string, rest ...string) ([]secret, error) { return secrets(), nil }
	all["listSecrets"], all["secret"], all["listSecretsByProjectSlug"] = list, list, list
	all["getSecretByName"] = func(a, b, c, name string) (secret, error) {
		for _, found := range secrets() {
			if found.Key == name {
				return found, nil
			}
		}
		return secret{}, os.ErrNotExist
	}
	all["minus"] = func(a, b int) int { return a - b }
	all["add"] = func(a, b int) int { return a + b }
	return all
}

func render(text string) *string {
	parsed, err := template.New("t").Funcs(functions()).Parse(text)
	if err != nil {
		return nil
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, nil); err != nil {
		return nil
	}
	result := out.String()
	return &result
}

func main() {
	text, err := os.ReadFile("cases.json")
	if err != nil {
		panic(err)
	}
	var cases []testCase
	if err := json.Unmarshal(text, &cases); err != nil {
		panic(err)
	}
	for i := range cases {
		cases[i].Want = render(cases[i].Template)
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(cases); err != nil {
		panic(err)
	}
	if err := os.WriteFile("cases.json", out.Bytes(), 0o644); err != nil {
		panic(err)
	}
}
