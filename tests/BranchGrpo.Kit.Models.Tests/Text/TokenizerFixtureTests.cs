using System.Text.Json;
using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Text;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests.Text;

public class TokenizerFixtureTests(ITestOutputHelper output)
{
    public static TheoryData<string> Clip => Kind("open_clip");

    public static TheoryData<string> T5 => Kind("sentencepiece");

    public static TheoryData<string> Bert => Kind("bert");

    public static TheoryData<string> Qwen2 => Kind("qwen2_fast");

    [Theory, MemberData(nameof(Clip))]
    public void Clip_ids_match_the_reference(string name)
    {
        using var fixture = new FixtureCase(name, output);
        var bigg = Directory.GetDirectories(fixture.Folder).FirstOrDefault(d => File.Exists(Path.Combine(d, "tokenizer_config.json")));
        var tokenizers = new[] { ClipVariant.OpenClip, ClipVariant.Ftfy, ClipVariant.Plain, ClipVariant.Fast }
            .ToDictionary(variant => variant.Name, variant => ClipTokenizer.Load(fixture.Folder, variant));
        if (bigg is not null) tokenizers.Add("hf_slow_noftfy_bigg", ClipTokenizer.Load(bigg, ClipVariant.Plain, fixture.Folder));
        using var rows = Checkpoint.Open(fixture.File("padded_77.safetensors"));
        foreach (var (column, tokenizer) in tokenizers)
        {
            Compare(fixture, column, tokenizer.Content);
            using var expected = rows.Read(column).to(ScalarType.Int64);
            var strings = fixture.Json("strings.json").GetProperty("strings").EnumerateArray().Select(s => s.GetProperty("text").GetString()!).ToArray();
            var got = strings.SelectMany(text => tokenizer.Encode(text, (int)expected.shape[1])).ToArray();
            fixture.Note($"{column}, rows", got.SequenceEqual(expected.data<long>().ToArray()) ? 0 : 1, 0);
        }
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
            if (variant == T5Variant.SentencePiece) continue;
            var special = fixture.Case.GetProperty("special");
            var (first, extra) = (fixture.Case.GetProperty("extra_id_0").GetInt32(), fixture.Case.GetProperty("extra_ids").GetInt32());
            int[] expected = [first, special.GetProperty("pad").GetInt32(), special.GetProperty("unk").GetInt32(), first - extra + 1];
            var got = tokenizer.Content($"<extra_id_0><pad> <unk>  <extra_id_{extra - 1}>");
            fixture.Note("special tokens", got.SequenceEqual(expected) ? 0 : 1, 0);
        }
        fixture.Done();
    }

    [Theory, MemberData(nameof(Bert))]
    public void Bert_ids_match_the_reference(string name)
    {
        using var fixture = new FixtureCase(name, output);
        var plain = BertTokenizer.Load(fixture.Folder);
        Compare(fixture, "bert", text => plain.Ids(text));
        var blip = BertTokenizer.LoadBlip(fixture.Folder);
        Compare(fixture, "blip_35", text => [.. blip.Encode(text, 35, out _).Select(id => (int)id)]);
        foreach (var entry in fixture.Json("strings.json").GetProperty("strings").EnumerateArray())
        {
            blip.Encode(entry.GetProperty("text").GetString()!, 35, out var count);
            fixture.Note("blip_35_length", Math.Abs(count - entry.GetProperty("blip_35_length").GetInt32()), 0);
        }
        fixture.Done();
    }

    [Theory, MemberData(nameof(Qwen2))]
    public void Qwen2_ids_match_the_reference(string name)
    {
        using var fixture = new FixtureCase(name, output);
        var tokenizer = Qwen2Tokenizer.Load(fixture.Folder);
        foreach (var column in new[] { "qwen2_fast", "qwen2_slow" }) Compare(fixture, column, tokenizer.Ids);
        foreach (var token in fixture.Case.GetProperty("special").EnumerateObject())
            fixture.Note("special tokens", tokenizer.Special(token.Name) == token.Value.GetInt32() ? 0 : 1, 0);
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
            var shown = equal ? "" : $" of {JsonSerializer.Serialize(text)}: expected {string.Join(' ', expected.Take(30))}, "
                + $"got {string.Join(' ', got.Take(30))}";
            fixture.Note($"{column}{shown}", equal ? 0 : 1, 0);
        }
    }
}
