using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using BranchGrpo.Kit.Native;
using Markdig;

namespace BranchGrpo.Kit.Notebooks.Documents;

/// <summary>A notebook as one web page that opens without a network.</summary>
public static class NotebookPage
{
    private const string Style = """
        body{font:16px/1.55 system-ui,sans-serif;color:#222;background:#fff;max-width:960px;margin:2em auto;padding:0 1em}
        pre.code{background:#f6f8fa;border:1px solid #e1e4e8;padding:.7em 1em;overflow:auto;font-size:13px;line-height:1.4}
        .out{margin:.3em 0 1.2em;overflow-x:auto}.out pre{margin:0;font-size:14px}.stderr{background:#fff4f4}
        table{border-collapse:collapse}th,td{padding:.2em .8em;border-bottom:1px solid #ddd}img{max-width:100%}
        details{border:1px solid #ddd;padding:.4em .8em;margin:.5em 0}blockquote{border-left:4px solid #ccc;margin-left:0;padding-left:1em;color:#444}
        """;

    private static readonly MarkdownPipeline markdown = new MarkdownPipelineBuilder().UsePipeTables().UseAutoLinks().Build();

    /// <summary>Writes the page, through a temporary file.</summary>
    public static void Write(NotebookDocument notebook, string path)
    {
        var html = Of(notebook);
        WholeFile.Write(path, temporary => File.WriteAllText(temporary, html));
    }

    /// <summary>The page.</summary>
    public static string Of(NotebookDocument notebook)
    {
        var title = WebUtility.HtmlEncode(Path.GetFileNameWithoutExtension(notebook.Path));
        var page = new StringBuilder($"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title><style>{Style}</style>\n");
        page.Append($"{PlotlySource.Script}</head><body>\n");
        foreach (var cell in notebook.Cells)
        {
            if (!cell.IsCode) page.Append(Markdown.ToHtml(cell.Source, markdown));
            else page.Append($"<pre class=\"code\">{WebUtility.HtmlEncode(cell.Source)}</pre>\n");
            foreach (var output in cell.IsCode ? cell.Outputs : []) page.Append($"<div class=\"out\">{Output((JsonObject)output!)}</div>\n");
        }
        return page.Append("</body></html>\n").ToString();
    }

    private static string Output(JsonObject output) => (string?)output["output_type"] switch
    {
        "stream" => $"<pre class=\"{WebUtility.HtmlEncode((string?)output["name"])}\">{Text(output["text"])}</pre>",
        "error" => $"<pre class=\"stderr\">{WebUtility.HtmlEncode(string.Join("\n", ((JsonArray)output["traceback"]!).Select(l => (string?)l)))}</pre>",
        _ => Shown(output["data"] as JsonObject ?? []),
    };

    private static string Shown(JsonObject data)
    {
        if (data["text/html"] is { } html) return NotebookCell.Text(html);
        if (data["image/svg+xml"] is { } svg) return NotebookCell.Text(svg);
        if (data["image/png"] is { } png) return $"<img alt=\"\" src=\"data:image/png;base64,{NotebookCell.Text(png).ReplaceLineEndings("")}\">";
        if (data["text/markdown"] is { } text) return Markdown.ToHtml(NotebookCell.Text(text), markdown);
        return $"<pre>{Text(data["text/plain"])}</pre>";
    }

    private static string Text(JsonNode? node) => WebUtility.HtmlEncode(NotebookCell.Text(node));
}
