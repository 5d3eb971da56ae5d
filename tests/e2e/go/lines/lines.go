// Package lines is what the drivers of Go SDKs share: one JSON line in, one JSON line out.
package lines

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

var answers = os.Stdout

// What SDKs print goes elsewhere; this package is made ready before theirs.
func init() {
	os.Stdout = os.Stderr
}

// Fields of a line, in either direction.
type Fields map[string]any

// Call answers one line.
type Call func(Fields) (Fields, error)

// Answer every line of the input. A call that the SDK does not have is said to be missing.
func Answer(calls map[string]Call) {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<24)
	out := json.NewEncoder(answers)
	for in.Scan() {
		var asked Fields
		Decode(in.Bytes(), &asked)
		name := Take(asked, "do")
		answer, err := Fields{"missing": true}, error(nil)
		if call, found := calls[name]; found {
			answer, err = call(asked)
		}
		if err == nil {
			// A value of the SDK may refuse to be written: then it lacks what the SDK requires.
			_, err = json.Marshal(answer)
		}
		if err != nil {
			answer = Fields{"error": err.Error()}
		}
		Must(out.Encode(answer))
	}
	Must(in.Err())
}

// Settings of the shop, from the file that the command line names first.
func Settings() map[string]string {
	text, err := os.ReadFile(os.Args[1])
	Must(err)
	var settings map[string]string
	Decode(text, &settings)
	return settings
}

// Take a field out.
func Take(fields Fields, name string) string {
	value, found := fields[name]
	delete(fields, name)
	if !found {
		return ""
	}
	return fmt.Sprint(value)
}

// Joined is all fields, later ones first.
func Joined(parts ...Fields) Fields {
	all := Fields{}
	for _, part := range parts {
		for name, value := range part {
			all[name] = value
		}
	}
	return all
}

// As the SDK's own type.
func As[T any](fields Fields) T {
	text, err := json.Marshal(fields)
	Must(err)
	var made T
	Decode(text, &made)
	return made
}

// Decode JSON; numbers stay as they were written.
func Decode(text []byte, into any) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	Must(decoder.Decode(into))
}

// Must not fail, or the driver ends.
func Must(err error) {
	if err != nil {
		panic(err)
	}
}
