// Package hostiletest is texts that would change a page which does not escape them, and the shape of a page, which they must not change;
// tests only.
package hostiletest

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// Texts are two hundred texts that would change a page which does not escape them: each payload in each way out of a text, an
// attribute, a comment, a script and a style.
func Texts() []string {
	payloads := []string{
		`<script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `<svg/onload=alert(1)>`, `<iframe src="javascript:alert(1)">`, `<a href="javascript:alert(1)">x</a>`,
		`<form action="https://evil.example"><input name=q>`, `<base href="https://evil.example/">`, `<meta http-equiv=refresh content=0>`, `<style>*{display:none}</style>`, `<link rel=stylesheet href=//evil.example>`,
		`<object data=x>`, `<template><b>`, `<math><mi>x`, `<details open ontoggle=alert(1)>`, `<b onmouseover=alert(1)>`, `{{.Store}}`, `<!--`, `]]>`, `&lt;script&gt;`, `javascript:alert(1)`,
	}
	exits := []string{"", `">`, `'>`, `</textarea>`, `</title></head><body>`, `</option></select>`, `--><!--`, `</script></style>`, "\u2028", `" autofocus onfocus=alert(1) x="`}
	var list []string
	for _, exit := range exits {
		for _, p := range payloads {
			list = append(list, exit+p)
		}
	}
	return list
}

// Shape is the elements of a page with the names of their attributes, in their order. An error names every address that leads to another
// site; there is a shape all the same.
func Shape(page string) (list []string, wrong error) {
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return nil, fmt.Errorf("reading a page: %w", err)
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		text := n.Data
		for _, a := range n.Attr {
			text += " " + a.Key
			if a.Key == "href" || a.Key == "src" || a.Key == "action" || a.Key == "formaction" {
				if u, err := url.Parse(a.Val); err != nil || u.Host != "" || u.Scheme != "" && u.Scheme != "tel" {
					wrong = errors.Join(wrong, fmt.Errorf("%s leads to %q", n.Data, a.Val))
				}
			}
		}
		list = append(list, text)
	}
	return list, wrong
}
