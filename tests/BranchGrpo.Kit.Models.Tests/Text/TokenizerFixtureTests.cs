using System.Text.Json;
using BranchGrpo.Kit.Models.Text;
using Xunit.Abstractions;

namespace BranchGrpo.Kit.Models.Tests.Text;

public class TokenizerFixtureTests(ITestOutputHelper output)
{
    public static TheoryData<string> Clip => Kind("open_clip");

    public static TheoryData<string> T5 => Kind("sentencepiece");

    [Theory, MemberData(nameof(Clip))]
    public void Clip_ids_match_the_reference(string name)
    {
        using var fixture = new FixtureCase(name, output);
        var bigg = Directory.GetDirectories(fixture.Folder).FirstOrDefault(d => File.Exists(Path.Combine(d, "tokenizer_config.json")));
        foreach (var variant in new[] { ClipVariant.OpenClip, ClipVariant.Ftfy, ClipVariant.Plain, ClipVariant.Fast })
        {
            var tokenizer = ClipTokenizer.Load(fixture.Folder, variant);
            Compare(fixture, variant.Name, tokenizer.Content);
        }
        if (bigg is not null) Compare(fixture, "hf_slow_noftfy_bigg", ClipTokenizer.Load(bigg, ClipVariant.Plain, fixture.Folder).Content);
        fixture.Done();
    }

    [Theory, MemberData(nameof(T5))]
    public void T5_and_Umt5_ids_match_the_reference(string name)
    {
        using var fixture = new FixtureCase(name, output);
        foreach (var (variant, column) in new[]
                 {
                     (T5Variant.SentencePiece, "sentencepiece"), (T5Variant.Slow, "t5_slow"), (T5Variant.Fast, "t5_fast"),
                     (T5Variant.FastWhiteSpace, "t5_fast_whitespacesplit"),
                 })
        {
            var tokenizer = T5Tokenizer.Load(fixture.Folder, variant);
            Compare(fixture, column, text => variant == T5Variant.SentencePiece ? tokenizer.Content(text) : tokenizer.Ids(text));
        }
        fixture.Done();
    }

    private static TheoryData<string> Kind(string column) => Fixtures.Cases("tokenizers", folder =>
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "strings.json")));
        return document.RootElement.GetProperty("strings").EnumerateArray().Any(s => s.TryGetProperty(column, out _));
    });

    private static void Compare(FixtureCase fixture, string column, Func<string, IReadOnlyList<int>> encode)
    {
        foreach (var entry in fixture.Json("strings.json").GetProperty("strings").EnumerateArray())
        {
            var text = entry.GetProperty("text").GetString()!;
            var expected = entry.GetProperty(column).EnumerateArray().Select(e => e.GetInt32()).ToArray();
            var got = encode(text);
            var equal = got.SequenceEqual(expected);
            var shown = equal ? "" : $" of {JsonSerializer.Serialize(text)}: expected {string.Join(' ', expected.Take(30))}, got {string.Join(' ', got.Take(30))}";
            fixture.Note($"{column}{shown}", equal ? 0 : 1, 0);
        }
    }
}
