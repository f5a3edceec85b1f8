/// A whole page; it needs no script.
package struct BuyerPage {
    let title: String
    let body: HTML

    var document: HTML {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(title) – Turnpike</title>
        <style>\(Self.style)</style>
        </head>
        <body>
        <header><a href="\(BuyerPages.path)">Marketplace</a></header>
        <main>
        <h1>\(title)</h1>
        \(body)
        </main>
        <footer>Turnpike, a marketplace of your own.</footer>
        </body>
        </html>

        """
    }

    /// A table; without rows it is nothing.
    static func table(_ columns: [String], _ rows: [[HTML]]) -> HTML {
        guard !rows.isEmpty else { return "" }
        let head = columns.map { name -> HTML in "<th>\(name)</th>" }
        let lines = rows.map { cells -> HTML in
            "<tr>\(cells.map { cell -> HTML in "<td>\(cell)</td>" })</tr>\n"
        }
        return """
            <table>
            <thead><tr>\(head)</tr></thead>
            <tbody>
            \(lines)</tbody>
            </table>
            """
    }

    private static let style: HTML = """
        body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: #1b1f24;
          background: #f4f5f7; }
        header, footer, main { max-width: 52rem; margin: 0 auto; padding: .75rem 1.5rem; }
        header a { color: inherit; font-weight: 600; text-decoration: none; }
        main { background: #fff; border: 1px solid #d8dce1; border-radius: 6px;
          padding-bottom: 1.5rem; }
        footer { color: #5c6670; font-size: .85rem; }
        h1 { margin: .5rem 0 0; font-size: 1.6rem; }
        h2 { margin: 1.75rem 0 .5rem; font-size: 1.15rem; }
        table { border-collapse: collapse; width: 100%; }
        th, td { text-align: left; padding: .4rem .8rem .4rem 0; vertical-align: middle;
          border-bottom: 1px solid #e4e7eb; overflow-wrap: anywhere; }
        th { font-size: .85rem; color: #5c6670; font-weight: 600; }
        td form { margin: 0; }
        button { font: inherit; font-weight: 600; padding: .4rem 1rem; border: 0;
          border-radius: 4px; background: #0b57a4; color: #fff; cursor: pointer; }
        button.quiet { background: #e4e7eb; color: #1b1f24; }
        select, input[type=text] { font: inherit; padding: .35rem .5rem; }
        pre { background: #f4f5f7; padding: .75rem; border-radius: 4px; white-space: pre-wrap;
          overflow-wrap: anywhere; font-size: .85rem; }
        .muted { color: #5c6670; }
        .note { border-left: 4px solid #c77700; background: #fff7e8; padding: .5rem .9rem; }
        """
}
