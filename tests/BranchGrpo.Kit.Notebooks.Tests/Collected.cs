using BranchGrpo.Kit.Notebooks.Session;

namespace BranchGrpo.Kit.Notebooks.Tests;

/// <summary>Keeps what cells put out.</summary>
internal sealed class Collected : ICellOutput
{
    public List<(string Kind, string Text, string? Id)> Items { get; } = [];

    public Queue<string> Answers { get; } = [];

    public string Console => string.Concat(Items.Where(i => i.Kind == "stdout").Select(i => i.Text));

    public void Stream(string name, string text) => Items.Add((name, text, null));

    public void Display(MimeBundle bundle, string? id) => Items.Add(("display", Show(bundle), id));

    public void Update(MimeBundle bundle, string id) => Items.Add(("update", Show(bundle), id));

    public void Clear(bool wait) => Items.Add(("clear", wait.ToString(), null));

    public string Input(string prompt, bool password) => Answers.TryDequeue(out var answer) ? answer : throw new NotSupportedException("nobody answers");

    private static string Show(MimeBundle bundle) => string.Join("\n", bundle.Data.OrderBy(d => d.Key).Select(d => $"{d.Key}: {d.Value}"));
}
