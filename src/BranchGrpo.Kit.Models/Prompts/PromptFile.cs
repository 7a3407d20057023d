using System.Security.Cryptography;
using System.Text;

namespace BranchGrpo.Kit.Models.Prompts;

/// <summary>Prompts from a file of the user's, in any of the published forms: the HPDv2 benchmark (JSON arrays of texts, one file per style), HPDv2's
/// train.json and test.json (objects with a prompt), DanceGRPO's videos2caption.json (objects with a caption), JSON lines, and text with one prompt a
/// line.</summary>
public sealed class PromptFile
{
    private const int ProblemsKept = 100;
    private readonly List<BadPromptLine> problems = [];
    private readonly List<Prompt> prompts = [];

    private PromptFile(string path) => Path = path;

    /// <summary>Styles of the HPDv2 benchmark, each a file of its folder.</summary>
    public static IReadOnlyList<string> Styles { get; } = ["anime", "concept-art", "paintings", "photo"];

    /// <summary>What was read.</summary>
    public string Path { get; }

    /// <summary>In the order of the file. A repeated prompt counts once, except in the benchmark, whose entries are numbered.</summary>
    public IReadOnlyList<Prompt> Prompts => prompts;

    /// <summary>The first 100 lines that gave no prompt.</summary>
    public IReadOnlyList<BadPromptLine> Problems => problems;

    /// <summary>How many lines gave no prompt.</summary>
    public long ProblemCount { get; private set; }

    /// <summary>How many lines repeated a prompt.</summary>
    public long Repeated { get; private set; }

    /// <summary>Reads a file, or the folder of the benchmark's styles. Lines that give no prompt are reported, not fatal.</summary>
    /// <param name="path">A file, or a folder with some of anime.json, concept-art.json, paintings.json, photo.json.</param>
    /// <param name="limit">Stops after that many prompts of each file; at least 1.</param>
    /// <param name="rule">Gives the reason for which a prompt is left out, or null. See <see cref="PromptRules"/>.</param>
    /// <exception cref="InvalidDataException">Not one usable prompt; the first problems are named.</exception>
    public static PromptFile Read(string path, int? limit = null, Func<string, string?>? rule = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit ?? 1, 1, nameof(limit));
        var read = new PromptFile(path);
        if (Directory.Exists(path))
        {
            var found = Styles.Select(style => System.IO.Path.Combine(path, $"{style}.json")).Where(File.Exists).ToArray();
            if (found.Length == 0)
                throw new FileNotFoundException($"{path}: expected a prompt file, or a folder with some of "
                    + $"{string.Join(", ", Styles.Select(s => s + ".json"))}");
            foreach (var file in found) read.Add(file, limit, rule);
        }
        else read.Add(path, limit, rule);
        return read.prompts.Count > 0 ? read : throw new InvalidDataException(
            $"{path}: no usable prompt{(read.problems.Count == 0 ? ": the file is empty" : $"; {string.Join("; ", read.problems.Take(3))}")}");
    }

    /// <summary>Sets prompts aside for evaluation. Those with the lowest hash of seed and text are taken, so that neither the order of the file nor the
    /// prompts that stay matter; no text is on both sides. Styles get equal shares.</summary>
    /// <param name="evaluation">How many, at least 0; 400 in the published protocol. With styles, a multiple of their number or rounded down to one.</param>
    /// <param name="seed">Chooses.</param>
    /// <exception cref="ArgumentOutOfRangeException">Fewer different prompts than asked for.</exception>
    public PromptSplit Split(int evaluation, long seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(evaluation);
        var styles = prompts.GroupBy(p => p.Style).Select(g => g.DistinctBy(p => p.Text).ToArray()).ToArray();
        var share = evaluation / styles.Length;
        if (styles.Any(s => s.Length < share))
        {
            var there = string.Join(", ", styles.Select(s => s.Length));
            throw new ArgumentOutOfRangeException(nameof(evaluation), evaluation,
                $"{Path} has {there} different prompts {(styles.Length > 1 ? "per style" : "")}");
        }
        var chosen = styles.SelectMany(s => s.OrderBy(p => Rank(p.Text, seed), StringComparer.Ordinal).Take(share))
            .ToHashSet<Prompt>(ReferenceEqualityComparer.Instance);
        var texts = chosen.Select(p => p.Text).ToHashSet();
        return new PromptSplit([.. prompts.Where(p => !texts.Contains(p.Text))], [.. prompts.Where(chosen.Contains)]);
    }

    /// <summary>What was read, what was left out, and the first reasons.</summary>
    public override string ToString() => $"{Path}: {prompts.Count} prompts" + (Repeated > 0 ? $", {Repeated} repeated" : "")
        + (ProblemCount > 0 ? $", {ProblemCount} lines without a prompt ({string.Join("; ", problems.Take(3))}{(ProblemCount > 3 ? "; …" : "")})" : "");

    private static string Rank(string text, long seed) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}\n{text}")));

    private void Add(string file, int? limit, Func<string, string?>? rule)
    {
        var name = System.IO.Path.GetFileName(file);
        var style = Styles.FirstOrDefault(s => $"{s}.json" == name);
        var seen = new HashSet<string>();
        var before = prompts.Count;
        foreach (var (line, text, problem) in PromptReader.Read(file))
        {
            if (limit is { } most && prompts.Count - before >= most) return;
            if ((problem ?? PromptRules.Damage(text!) ?? rule?.Invoke(text!)) is { } reason) Report(new BadPromptLine(name, line, reason));
            else if (style is null && !seen.Add(text!)) Repeated++;
            else prompts.Add(new Prompt(text!, style, line));
        }
    }

    private void Report(BadPromptLine bad)
    {
        ProblemCount++;
        if (problems.Count < ProblemsKept) problems.Add(bad);
    }
}
