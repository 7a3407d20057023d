using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using BranchGrpo.Kit.Notebooks.Documents;
using Microsoft.DotNet.Interactive.Formatting;

namespace BranchGrpo.Kit.Notebooks.Session;

/// <summary>The lines of a cell that begin with <c>#!</c>, and references to packages.</summary>
internal sealed partial class CellDirectives(NotebookSession session, ScriptRunner script)
{
    private readonly List<string> sources = [];

    public async Task RunAsync(CellPart part)
    {
        switch (part.Directive)
        {
            case "#!csharp" or "#!c#" or "#!time":
                break;
            case "#r":
                Package(part.Argument);
                break;
            case "#i":
                sources.Add(part.Argument.Trim('"').Replace("nuget:", "", StringComparison.OrdinalIgnoreCase).Trim());
                break;
            case "#!markdown" or "#!html" or "#!javascript":
                Displays.Cell.Display(Text(part), null);
                break;
            case "#!import":
                await ImportAsync(part.Argument.Trim('"'));
                break;
            case "#!who" or "#!whos":
                Displays.Cell.Display(Displays.Bundle(Variables(part.Directive == "#!whos")), null);
                break;
            case "#!set" or "#!share":
                throw new NotSupportedException($"{part.Directive} moves values between languages, and this session has one: C#. "
                    + "Every variable of an earlier cell is already here under its name; to copy one, write `var copy = original;`.");
            default:
                throw new NotSupportedException($"{part.Directive} is not known here. This session runs C# only; "
                    + "there are #!csharp, #!markdown, #!html, #!javascript, #!time, #!who, #!whos, #!import, #load, "
                    + "#r \"path.dll\" and #r \"nuget: Id, version\".");
        }
    }

    private static MimeBundle Text(CellPart part)
    {
        var (mime, text) = part.Directive switch
        {
            "#!markdown" => ("text/markdown", part.Text),
            "#!html" => ("text/html", part.Text),
            _ => ("text/html", $"<script type=\"text/javascript\">{part.Text}</script>"),
        };
        return new(new Dictionary<string, string> { [mime] = text.Trim('\n') });
    }

    private void Package(string argument)
    {
        var id = PackageId().Match(argument).Groups[1].Value;
        var files = NuGetPackages.Restore(argument, sources, session.Folder);
        script.Refer(files);
        Displays.Cell.Display(MimeBundle.Text($"Installed package {id}"), null);
    }

    private async Task ImportAsync(string file)
    {
        var path = Path.GetFullPath(file, session.Folder);
        if (!File.Exists(path)) throw new FileNotFoundException($"#!import: there is no file {file} in {session.Folder}.");
        var text = await File.ReadAllTextAsync(path);
        string[] codes = Path.GetExtension(path) switch
        {
            ".ipynb" => [.. JsonNode.Parse(text)!["cells"]!.AsArray().Select(c => new NotebookCell((JsonObject)c!)).Where(c => c.IsCode).Select(c => c.Source)],
            ".cs" or ".csx" => [text],
            var other => throw new NotSupportedException($"#!import reads .ipynb, .cs and .csx, not {other}."),
        };
        foreach (var code in codes) await session.RunPartsAsync(code, Path.GetFileName(path));
    }

    private object Variables(bool detailed) => detailed
        ? script.Variables.Select(v => new { v.Name, Type = v.Type.ToDisplayString("text/plain"), Value = v.Value?.ToString() }).ToArray()
        : script.Variables.Select(v => v.Name).ToArray();

    [GeneratedRegex(@"nuget:\s*([\w.-]+)", RegexOptions.IgnoreCase)]
    private static partial Regex PackageId();
}
