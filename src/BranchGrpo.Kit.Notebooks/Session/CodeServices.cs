using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Completion;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Host.Mef;
using Microsoft.CodeAnalysis.QuickInfo;

namespace BranchGrpo.Kit.Notebooks.Session;

/// <summary>Completion and documentation of the code that a reader types, in view of the cells executed so far.</summary>
/// <remarks>The workspace is a chain of submissions, as the compiler's; nothing of it is made before it is first asked for.</remarks>
internal sealed class CodeServices(ScriptRunner script) : IDisposable
{
    private readonly SemaphoreSlim one = new(1);
    private readonly List<Compilation> executed = [];
    private AdhocWorkspace? workspace;
    private ProjectId? last;
    private int linked;

    /// <summary>A cell was executed: what it declared can be completed from now on.</summary>
    public void Remember(ScriptRunner runner)
    {
        lock (executed) executed.Add(runner.Last!);
    }

    /// <summary>What can stand at a place.</summary>
    public async Task<Completions> CompleteAsync(string code, int cursor) => await WithDocument(code, async document =>
    {
        cursor = Math.Clamp(cursor, 0, code.Length);
        var service = CompletionService.GetService(document)!;
        var list = await service.GetCompletionsAsync(document, cursor);
        var typed = code[Math.Min(list.Span.Start, cursor)..cursor];
        var items = list.ItemsList.Where(i => i.FilterText.StartsWith(typed, StringComparison.OrdinalIgnoreCase) || typed.Length == 0)
            .OrderBy(i => i.SortText, StringComparer.Ordinal).Select(i => (Text(i), i.Tags.FirstOrDefault()?.ToLowerInvariant() ?? "")).Distinct().Take(500);
        return new Completions(list.ItemsList.Count > 0 ? list.Span.Start : cursor, cursor, [.. items]);
    });

    /// <summary>Signature and documentation of what stands at a place, as Markdown.</summary>
    public async Task<string?> InspectAsync(string code, int cursor) => await WithDocument(code, async document =>
    {
        var service = QuickInfoService.GetService(document)!;
        foreach (var place in (int[])[cursor, cursor - 1])                     // just behind a name means the name
        {
            if (place < 0 || place > code.Length) continue;
            if (await service.GetQuickInfoAsync(document, place) is { Sections: [var first, .. var rest] })
                return string.Join("\n\n", rest.Select(s => s.Text).Prepend($"```csharp\n{first.Text}\n```"));
        }
        return null;
    });

    public void Dispose()
    {
        workspace?.Dispose();
        one.Dispose();
    }

    private static string Text(CompletionItem item) => item.Properties.TryGetValue("InsertionText", out var insertion) ? insertion : item.DisplayText;

    private async Task<T> WithDocument<T>(string code, Func<Document, Task<T>> ask)
    {
        await one.WaitAsync();
        try
        {
            workspace ??= new AdhocWorkspace(MefHostServices.Create(MefHostServices.DefaultAssemblies));
            Link();
            var solution = AddSubmission(workspace.CurrentSolution, code, script.Last?.References ?? ScriptReferences.Framework, out var project);
            return await ask(solution.GetProject(project)!.Documents.Single());
        }
        finally
        {
            one.Release();
        }
    }

    private void Link()
    {
        Compilation[] missing;
        lock (executed) missing = [.. executed.Skip(linked)];
        foreach (var compilation in missing)
        {
            var solution = AddSubmission(workspace!.CurrentSolution, compilation.SyntaxTrees.Last().ToString(), compilation.References, out var project);
            workspace.TryApplyChanges(solution);
            last = project;
            linked++;
        }
    }

    private Solution AddSubmission(Solution solution, string code, IEnumerable<MetadataReference> references, out ProjectId project)
    {
        project = ProjectId.CreateNewId();
        var name = $"Submission#{linked}";
        var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, scriptClassName: name, usings: ScriptRunner.Imports, allowUnsafe: true)
            .WithMetadataReferenceResolver(script.References);
        var info = ProjectInfo.Create(project, VersionStamp.Create(), name, name, LanguageNames.CSharp,
            parseOptions: ScriptRunner.ParseOptions, compilationOptions: options, isSubmission: true,
            projectReferences: last is null ? null : [new ProjectReference(last)], metadataReferences: references.OfType<PortableExecutableReference>());
        return solution.AddProject(info).AddDocument(DocumentId.CreateNewId(project), "cell.csx", code);
    }
}
