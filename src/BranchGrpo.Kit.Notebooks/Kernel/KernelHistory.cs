using System.IO.Enumeration;
using System.Text.Json.Nodes;

namespace BranchGrpo.Kit.Notebooks.Kernel;

/// <summary>The cells of this session, for <c>history_request</c>.</summary>
internal sealed class KernelHistory
{
    private const int Session = 1;
    private readonly List<(int Line, string Code, string? Value)> cells = [];
    private readonly Lock gate = new();

    /// <summary>Adds a cell that was executed.</summary>
    public void Add(int line, string code, string? value)
    {
        lock (gate) cells.Add((line, code, value));
    }

    /// <summary>What a request asks for, oldest first.</summary>
    /// <exception cref="InvalidDataException">There is no such kind of request.</exception>
    public JsonArray Find(JupyterMessage request)
    {
        lock (gate)
        {
            IEnumerable<(int Line, string Code, string? Value)> found = request.Text("hist_access_type") switch
            {
                "tail" => cells.TakeLast(request.Number("n") ?? cells.Count),
                "range" => Range(request),
                "search" => Search(request),
                var other => throw new InvalidDataException($"no history of type \"{other}\"; there are tail, range and search"),
            };
            var output = request.Flag("output", otherwise: false);
            return [.. found.Select(cell => new JsonArray(Session, cell.Line, output ? new JsonArray(cell.Code, cell.Value) : cell.Code))];
        }
    }

    // Sessions before this one (negative numbers) are not kept.
    private IEnumerable<(int Line, string Code, string? Value)> Range(JupyterMessage request) => request.Number("session") is null or 0 or Session
        ? cells.Where(cell => cell.Line >= (request.Number("start") ?? 0) && cell.Line < (request.Number("stop") ?? int.MaxValue))
        : [];

    private IEnumerable<(int Line, string Code, string? Value)> Search(JupyterMessage request)
    {
        var pattern = request.Text("pattern");
        var found = cells.Where(cell => FileSystemName.MatchesSimpleExpression(pattern, cell.Code, ignoreCase: false));
        if (request.Flag("unique", otherwise: false)) found = found.Reverse().DistinctBy(cell => cell.Code).Reverse();
        return found.TakeLast(request.Number("n") ?? cells.Count);
    }
}
