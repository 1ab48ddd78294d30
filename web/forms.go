package web

// html is the form.
func (s signIn) html() []byte {
	var d sheet
	d.head(s.Root, false, "Sign in · Monitorink")
	d.put(`<body class="login">
<main>
<h1><img src="{}mark.svg" alt="" width="28" height="28"> Monitorink</h1>
`, s.Root)
	if s.Role != "" {
		d.put(`<p>You are signed in {}.</p>
<form action="{}logout" method="post"><button>Sign out</button></form>
<p><a href="{}">To the monitors</a></p>
`, s.Role, s.Root, s.Root)
	} else {
		s.fields(&d)
	}
	d.put("</main>\n</body>\n</html>\n")
	return d.b.Bytes()
}

func (s signIn) fields(d *sheet) {
	d.put("<form action=\"{}login\" method=\"post\">\n", s.Root)
	if s.From != "" {
		d.put("<input type=\"hidden\" name=\"from\" value=\"{}\">\n", s.From)
	}
	d.put(`<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus`)
	if s.Wrong != "" {
		d.put(` aria-invalid="true" aria-describedby="wrong">
<p id="wrong" class="wrong" role="alert">{}</p>
`, s.Wrong)
	} else {
		d.put(">\n")
	}
	d.put(`<button>Sign in</button>
</form>
<p class="hint">It is the value of <code>MONITORINK_TOKEN</code>, or of <code>MONITORINK_READ_TOKEN</code> to look only.</p>
`)
}

// problemPage says what RFC 9457 would, to a person.
func problemPage(root, title, detail string, absent bool) []byte {
	var d sheet
	d.head(root, false, "{} · Monitorink", title)
	d.put(`<body class="login">
<main>
<h1><img src="{}mark.svg" alt="" width="28" height="28"> {}</h1>
<p>{}</p>
`, root, title, detail)
	if absent {
		d.put("<p><a href=\"{}\">To the monitors</a></p>\n", root)
	}
	d.put("</main>\n</body>\n</html>\n")
	return d.b.Bytes()
}
