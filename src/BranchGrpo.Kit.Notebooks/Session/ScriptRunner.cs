using System.Reflection;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Scripting;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Scripting;
using Microsoft.CodeAnalysis.Scripting.Hosting;

namespace BranchGrpo.Kit.Notebooks.Session;

/// <summary>Compiles and runs the C# of cells, one submission after the other.</summary>
internal sealed class ScriptRunner
{
    /// <summary>Namespaces that every cell sees: those of the .NET Interactive kernel.</summary>
    public static readonly string[] Imports =
    [
        "System", "System.Text", "System.Collections", "System.Collections.Generic", "System.Threading.Tasks", "System.Linq",
        "BranchGrpo.Kit.Notebooks.Session.Displays",
    ];

    /// <summary>How cells are parsed.</summary>
    public static readonly CSharpParseOptions ParseOptions = new(LanguageVersion.CSharp14, kind: SourceCodeKind.Script);

    private readonly InteractiveAssemblyLoader loader = ScriptReferences.Loader();
    private readonly HashSet<Assembly> registered = [];
    private ScriptOptions options;
    private ScriptState<object>? state;

    public ScriptRunner(string folder)
    {
        References = new ScriptReferences(folder);
        options = ScriptOptions.Default.WithLanguageVersion(LanguageVersion.CSharp14).WithReferences(ScriptReferences.Framework).WithImports(Imports)
            .WithMetadataResolver(References).WithSourceResolver(new SourceFileResolver([], folder)).WithEmitDebugInformation(true)
            .WithFileEncoding(Encoding.UTF8).WithAllowUnsafe(true);
    }

    public ScriptReferences References { get; }

    /// <summary>The compilation of the last cell that compiled; null before the first.</summary>
    public Compilation? Last => state?.Script.GetCompilation();

    /// <summary>Variables by name, the latest of each.</summary>
    public IEnumerable<ScriptVariable> Variables => (state?.Variables ?? []).GroupBy(v => v.Name).Select(g => g.Last());

    /// <summary>Adds files that later cells can use.</summary>
    public void Refer(IEnumerable<string> files) =>
        options = options.AddReferences(files.SelectMany(f => References.ResolveReference(f, null, MetadataReferenceProperties.Assembly)));

    /// <summary>Runs a submission. An exception of the code is returned, with what it had assigned kept; one of the compiler is thrown.</summary>
    /// <param name="code">As written.</param>
    /// <param name="name">Name of the cell in stack traces.</param>
    /// <exception cref="CompilationErrorException">The code does not compile; the state is as before.</exception>
    public async Task<(bool HasValue, object? Value, Exception? Exception)> RunAsync(string code, string name)
    {
        var checkedCode = LoopChecks.Insert(code, ParseOptions);
        var settings = options.WithFilePath(name);
        var script = state is null
            ? CSharpScript.Create<object>(checkedCode, settings, null, loader)
            : state.Script.ContinueWith<object>(checkedCode, settings);
        var diagnostics = script.Compile();
        if (diagnostics.Any(d => d.Severity == DiagnosticSeverity.Error))
            throw new CompilationErrorException(diagnostics[0].ToString(), diagnostics);
        foreach (var assembly in References.OfProgram.Where(registered.Add)) loader.RegisterDependency(assembly);
        state = state is null
            ? await script.RunAsync(null, static _ => true)
            : await script.RunFromAsync(state, static _ => true);
        return (HasValue(script.GetCompilation()), state.ReturnValue, state.Exception);
    }

    // A last expression without a semicolon is the cell's value, unless it has none to give.
    private static bool HasValue(Compilation compilation)
    {
        var tree = compilation.SyntaxTrees.Last();
        return ((CompilationUnitSyntax)tree.GetRoot()).Members.LastOrDefault() is GlobalStatementSyntax
        {
            Statement: ExpressionStatementSyntax { SemicolonToken.IsMissing: true } last,
        } && compilation.GetSemanticModel(tree).GetTypeInfo(last.Expression).Type is not { SpecialType: SpecialType.System_Void };
    }
}
