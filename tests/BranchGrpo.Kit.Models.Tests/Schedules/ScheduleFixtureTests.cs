using System.Text.Json;
using BranchGrpo.Kit.Models.Schedules;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests.Schedules;

/// <summary>Tables of noise levels and times of the published samplers and trainers.</summary>
public sealed class ScheduleFixtureTests(ITestOutputHelper output)
{
    private const double EveryDigit = 1e-15;

    public static TheoryData<string> Tables => Fixtures.Cases("schedule", folder => Has(folder, "cases"));

    public static TheoryData<string> Steps => Fixtures.Cases("schedule", folder => Has(folder, "steps"));

    [FixtureTheory, MemberData(nameof(Tables))]
    public void Table(string name)
    {
        using var fixture = new FixtureCase(name, output);
        var tolerance = fixture.Case.GetProperty("tolerance");
        var level = tolerance.GetProperty("absolute_sigma").GetDouble();
        var common = fixture.Case.TryGetProperty("config", out var c) ? c : default;
        foreach (var item in fixture.Case.GetProperty("cases").EnumerateArray())
        {
            var config = item.TryGetProperty("config", out var own) ? own : default;
            var schedule = Schedule(item, config, common, out var mu);
            Same("sigmas", item.GetProperty("sigmas"), schedule.Sigmas.ToArray(), level);
            if (item.TryGetProperty("timesteps", out var times))
            {
                var (got, exact) = item.TryGetProperty("flow_shift", out var flow)
                    ? (FlowSchedules.UniPcTimes(schedule.Steps, flow.GetDouble(), Training(config)).Select(t => (double)t), 0.0)
                    : (FlowSchedules.Times(schedule, Training(config)).Select(t => (double)t), tolerance.GetProperty("absolute_timestep").GetDouble());
                Same("timesteps", times, [.. got], exact);
            }
            if (item.TryGetProperty("mu", out var expected) && item.TryGetProperty("image_seq_len", out _))
                fixture.Note("mu", Math.Abs(mu - expected.GetDouble()), tolerance.GetProperty("absolute_mu").GetDouble());
            if (item.TryGetProperty("integer_timesteps", out var integers))
            {
                Same("integer_timesteps", integers, [.. Enumerable.Range(0, schedule.Steps).Select(i => (double)FlowSchedules.TrainerTime(schedule[i]))], 0);
                var exact = NoiseSchedule.Shifted(schedule.Steps, item.GetProperty("shift").GetDouble());
                Same("sigmas_float64", item.GetProperty("sigmas_float64"), exact.Sigmas.ToArray(), EveryDigit);
                Same("sigmas_from_the_core", item.GetProperty("sigmas"), exact.Sigmas.ToArray(), 3 * level);
            }
        }
        fixture.Done();

        void Same(string what, JsonElement expected, double[] got, double allowed)
        {
            double[] numbers = [.. expected.EnumerateArray().Select(e => e.GetDouble())];
            var error = numbers.Length == got.Length ? numbers.Zip(got, (a, b) => Math.Abs(a - b)).Max() : double.NaN;
            fixture.Note(what, error, allowed);
        }
    }

    [FixtureTheory, MemberData(nameof(Steps))]
    public void Step(string name)
    {
        using var fixture = new FixtureCase(name, output);
        using var scope = NewDisposeScope();
        var root = fixture.Case;
        var tolerance = root.GetProperty("tolerance").GetProperty("absolute").GetDouble();
        var schedule = FlowSchedules.Euler(root.GetProperty("num_inference_steps").GetInt32(), root.GetProperty("config").GetProperty("shift").GetDouble());
        var times = FlowSchedules.Times(schedule);
        Near("sigmas", root.GetProperty("sigmas"), tensor(schedule.Sigmas.ToArray()));
        var latents = Read(root.GetProperty("start"));
        foreach (var (i, step) in root.GetProperty("steps").EnumerateArray().Index())
        {
            Assert.Equal(step.GetProperty("timestep").GetSingle(), times[i], 2e-4);
            latents = Dynamics.Ode(schedule, i).Transition(latents, Read(step.GetProperty("velocity"))).Mean;
            Near("sample_after", step.GetProperty("sample_after"), latents);
        }
        var noising = root.GetProperty("scale_noise");
        foreach (var result in noising.GetProperty("results").EnumerateArray())
        {
            var i = Array.FindIndex(times, t => Math.Abs(t - result.GetProperty("timestep").GetSingle()) < 2e-4);
            var noised = FlowSchedules.Noised(Read(noising.GetProperty("clean")), Read(noising.GetProperty("noise")), schedule[i]);
            Near("noised", result.GetProperty("sample"), noised);
        }
        fixture.Done();

        void Near(string what, JsonElement expected, Tensor got) =>
            fixture.Note(what, (got.to(ScalarType.Float32) - Read(expected)).abs().max().item<float>(), tolerance);
    }

    [Fact]
    public void A_schedule_needs_a_step() => Assert.Throws<ArgumentOutOfRangeException>(() => FlowSchedules.Euler(0));

    private static NoiseSchedule Schedule(JsonElement item, JsonElement config, JsonElement common, out double mu)
    {
        var steps = item.TryGetProperty("num_inference_steps", out var n) ? n.GetInt32() : 0;
        mu = item.TryGetProperty("mu", out var given) ? given.GetDouble() : double.NaN;
        if (item.TryGetProperty("in_sigmas", out var sigmas))
            return FlowSchedules.Custom(sigmas.EnumerateArray().Select(s => s.GetDouble()), Number("shift", 1));
        if (item.TryGetProperty("sampling_steps", out var sampled)) return FlowSchedules.Trainer(sampled.GetInt32(), item.GetProperty("shift").GetDouble());
        if (item.TryGetProperty("flow_shift", out var flow)) return FlowSchedules.UniPc(steps, flow.GetDouble(), Training(config));
        if (double.IsNaN(mu)) return FlowSchedules.Euler(steps, Number("shift", 1), Training(config));
        var shift = new DynamicShift
        {
            BaseShift = Number("base_shift", 0.5), MaxShift = Number("max_shift", 1.15),
            BaseTokens = (long)Number("base_image_seq_len", 256), MaxTokens = (long)Number("max_image_seq_len", 4096),
            Law = Text("time_shift_type") == "linear" ? ShiftLaw.Linear : ShiftLaw.Exponential,
        };
        if (item.TryGetProperty("image_seq_len", out var tokens)) mu = shift.Mu(tokens.GetInt64());
        return FlowSchedules.Dynamic(steps, mu, shift);

        double Number(string key, double otherwise) => Find(key) is { ValueKind: JsonValueKind.Number } found ? found.GetDouble() : otherwise;
        string? Text(string key) => Find(key) is { ValueKind: JsonValueKind.String } found ? found.GetString() : null;
        JsonElement? Find(string key) =>
            config.ValueKind == JsonValueKind.Object && config.TryGetProperty(key, out var found) ? found
            : common.ValueKind == JsonValueKind.Object && common.TryGetProperty(key, out found) ? found : null;
    }

    private static int Training(JsonElement config) =>
        config.ValueKind == JsonValueKind.Object && config.TryGetProperty("num_train_timesteps", out var n) ? n.GetInt32() : 1000;

    private static Tensor Read(JsonElement numbers) => tensor(numbers.EnumerateArray().Select(e => e.GetSingle()).ToArray());

    private static bool Has(string folder, string key)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "case.json")));
        return document.RootElement.TryGetProperty(key, out _);
    }
}
