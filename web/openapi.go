package web

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// schemasJSON holds the forms of the answers, as JSON Schemas by name.
//
//go:embed schemas.json
var schemasJSON []byte

// eventsJSON is a copy of docs/events.schema.json; a test holds it there.
//
//go:embed events.schema.json
var eventsJSON []byte

// inPath are the parameters of the paths themselves.
var inPath = map[string]string{
	"id":           "The monitor's id, percent-encoded: a slash is %2F.",
	"scheduled_at": "The slot's scheduled instant, RFC 3339 with milliseconds.",
}

// meanings say what a status means here.
var meanings = map[int]string{
	http.StatusOK:                 "what was asked for",
	http.StatusNotModified:        "it is what If-None-Match says that the client has",
	http.StatusBadRequest:         "a parameter is wrong: which, and what is allowed",
	http.StatusUnauthorized:       "a token is required",
	http.StatusNotFound:           "there is no such thing",
	http.StatusMisdirectedRequest: "without a token, the server answers to the names of its own machine only",
	http.StatusTooManyRequests:    "too many wrong tokens came from this address",
	http.StatusServiceUnavailable: "the store does not answer, or there is no room; try again later",
}

// ofAll are the statuses of every path behind the token.
var ofAll = []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusMisdirectedRequest, http.StatusTooManyRequests}

type object = map[string]any

// document describes table in the form of OpenAPI 3.1.
func document(table []route) []byte {
	paths := object{}
	for _, t := range table {
		t.codes = slices.Concat(ofAll, t.codes)
		paths[t.path] = object{"get": operation(t)}
	}
	for _, t := range beside() {
		paths[t.path] = object{"get": operation(t)}
	}
	b, err := json.MarshalIndent(object{
		"openapi": "3.1.0",
		"info": object{
			"title": "Monitorink", "version": "1",
			"description": "What was measured, and why nothing was. Durations are whole microseconds in fields that end in _us, instants are RFC 3339 in UTC, and what is absent was not measured. Fields are only ever added: ignore those that you do not know.",
			"license":     object{"name": "Apache License 2.0", "identifier": "Apache-2.0"},
		},
		"servers":  []object{{"url": "/"}},
		"security": []object{{"bearer": []string{}}, {"basic": []string{}}, {}},
		"paths":    paths,
		"components": object{
			"schemas": schemas(),
			"securitySchemes": object{
				"bearer": object{"type": "http", "scheme": "bearer", "description": "the token that the server was started with"},
				"basic":  object{"type": "http", "scheme": "basic", "description": "the same, as the password of any user"},
			},
		},
	}, "", "  ")
	if err != nil { // it is made of what is part of the binary
		panic(err)
	}
	return append(b, '\n')
}

// schemas are those of the answers and of the events.
func schemas() map[string]json.RawMessage {
	var all map[string]json.RawMessage
	var events struct {
		Defs map[string]json.RawMessage `json:"$defs"`
	}
	inPlace := bytes.ReplaceAll(eventsJSON, []byte("#/$defs/"), []byte("#/components/schemas/"))
	if err := errors.Join(json.Unmarshal(schemasJSON, &all), json.Unmarshal(inPlace, &events)); err != nil { // they are part of the binary
		panic(err)
	}
	maps.Copy(all, events.Defs)
	return all
}

// operation describes what t answers to GET.
func operation(t route) object {
	params := []object{}
	for _, part := range strings.Split(t.path, "/") {
		if name := strings.TrimSuffix(strings.Trim(part, "{}"), "}.svg"); name != part {
			params = append(params, object{"name": name, "in": "path", "required": true, "description": inPath[name], "schema": object{"type": "string"}})
		}
	}
	for _, p := range t.params {
		schema := p.schema
		if p.often {
			schema = object{"type": "array", "items": p.schema}
		}
		params = append(params, object{"name": p.name, "in": "query", "description": p.does, "schema": schema})
	}
	media := t.media
	if media == nil {
		media = []string{"application/json"}
	}
	content := object{}
	for _, kind := range media {
		content[kind] = object{"schema": object{"$ref": "#/components/schemas/" + t.answer}}
	}
	answers := object{"200": object{"description": meanings[http.StatusOK], "content": content}}
	for _, code := range t.codes {
		answer := object{"description": meanings[code]}
		if code >= http.StatusBadRequest {
			problems := object{"application/problem+json": object{"schema": object{"$ref": "#/components/schemas/Problem"}}}
			if code == http.StatusNotFound && strings.HasPrefix(media[0], "image/") { // it is shown as one, too
				maps.Copy(problems, content)
			}
			answer["content"] = problems
		}
		answers[strconv.Itoa(code)] = answer
	}
	return object{"operationId": operationID(t.path), "summary": t.does, "parameters": params, "responses": answers}
}

// operationID is what a generated client calls the path, such as
// monitors_id_gaps.
func operationID(path string) string {
	path = strings.TrimPrefix(path, "/api/v1/")
	return strings.NewReplacer("/", "_", "{", "", "}", "", ".", "_").Replace(strings.TrimPrefix(path, "/"))
}

func (a *api) openapi(w http.ResponseWriter, r *http.Request, _ query) error {
	send(w, r, asAsked, "application/json", a.document)
	return nil
}
